"""A unit's arithmetic, held once, and how it is run: NumPy in blocks, compiled loops, C and CUDA."""
