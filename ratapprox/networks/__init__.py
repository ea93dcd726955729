"""Small networks on NumPy or CuPy: trained, measured, and their tangent kernels."""
