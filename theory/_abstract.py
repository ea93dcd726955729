"""Sentences of the abstract on reproducing activation functions that measured chapters quote.

They stand apart from the algebra, so that evidence does not become stale when only that is written anew.
"""

SOURCE = "Liang, Lyu, Wang, Yang, Reproducing activation function for deep learning, CMS 22 (2024)"
DECREASED = (
    "With RAFs, the errors of audio/video reconstruction, PDEs, and eigenvalue problems are decreased by over 14%, "
    "73%, 99%, respectively, compared with baseline, while the performance of image reconstruction increases by 58%."
)
DEMONSTRATED = (
    "As demonstrated by extensive numerical tests, the proposed RAFs can facilitate the convergence of deep learning "
    "optimization for a solution with higher accuracy than existing deep learning solvers for audio/image/video "
    "reconstruction, PDEs, and eigenvalue problems."
)
