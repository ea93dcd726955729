"""Measurements: small networks trained, their tangent kernels, and the problems and the statistics that judge them."""
