"""Cutting the normal equations into the factor to be eliminated and the rest.

Knows: how blocks of moments become a `Gram`, and how its next factor is cut out, while it is sparse and
after. Does not know: likelihoods, derivatives' meaning, rows.
"""

import numpy as np
from scipy import sparse

from refine.analysis.mixed.ar1 import Floats
from refine.analysis.mixed.elimination import Gram, Jet
from refine.analysis.mixed.errors import MixedModelError
from refine.analysis.mixed.moments import Blocks, Moments

LARGEST_DENSE = 12_000
"""More levels than this do not fit in a dense matrix (1.2 GB) once no diagonal structure is left."""


def before_elimination(moments: Moments, blocks: list[Blocks], logdet: Floats, z: int) -> Gram:
    """The products under V = R. `blocks`, `logdet`: values and derivatives in parameter number `z`."""
    keys: list[tuple[int, ...]] = [(), (z,), (z, z)][: len(blocks)]
    parameters = [z] if len(blocks) > 1 else []
    determinant: Jet = dict(zip(keys, logdet.tolist(), strict=True))
    aa: Jet = {key: block.aa for key, block in zip(keys, blocks, strict=True)}
    if not moments.sparse:
        return Gram({(0, 0): aa}, determinant, parameters)
    za: Jet = {key: np.vstack(block.za) for key, block in zip(keys, blocks, strict=True)}
    if len(moments.sparse) == 1 and moments.sparse[0].steady:
        # The usual case: one diagonal block, whose cells are its diagonal. No need for sparse matrices.
        zz: Jet = {key: block.zz[0, 0] for key, block in zip(keys, blocks, strict=True)}
    else:
        zz = {key: _sparse_square(moments, block) for key, block in zip(keys, blocks, strict=True)}
    return Gram({(0, 0): zz, (0, 1): za, (1, 1): aa}, determinant, parameters)


def _sparse_square(moments: Moments, block: Blocks) -> sparse.csr_array:
    count = len(moments.sparse)
    upper = {name: moments.cells[name].matrix(value) for name, value in block.zz.items()}
    grid = [[upper[k, m] if k <= m else upper[m, k].T for m in range(count)] for k in range(count)]
    return sparse.csr_array(grid[0][0]) if count == 1 else sparse.block_array(grid, format="csr")


def cut_sparse(gram: Gram, q: int) -> tuple[Jet, list[Jet], Gram] | None:
    """Cut the first q sparse columns out of a `Gram` with two groups, if their block is diagonal.

    Returns the diagonals of their block, their products with what remains, and what remains.
    """
    zz, za, aa = gram.parts[0, 0], gram.parts[0, 1], gram.parts[1, 1]
    if zz[()].ndim == 1:
        return zz, [za], Gram({(0, 0): aa}, gram.logdet, gram.parameters)
    own: Jet = {}
    for key, block in zz.items():
        corner = block[:q, :q]
        own[key] = corner.diagonal()
        if corner.count_nonzero() > np.count_nonzero(own[key]):
            return None
    to_dense: Jet = {key: block[:q] for key, block in za.items()}
    if zz[()].shape[0] == q:
        return own, [to_dense], Gram({(0, 0): aa}, gram.logdet, gram.parameters)
    rest = {
        (0, 0): {key: block[q:, q:] for key, block in zz.items()},
        (0, 1): {key: block[q:] for key, block in za.items()},
        (1, 1): aa,
    }
    to_sparse: Jet = {key: block[:q, q:] for key, block in zz.items()}
    return own, [to_sparse, to_dense], Gram(rest, gram.logdet, gram.parameters)


def cut_dense(gram: Gram, q: int) -> tuple[Jet, list[Jet], Gram]:
    """Cut the first q columns out of a `Gram` with one group."""
    jet = gram.parts[0, 0]
    own: Jet = {key: block[:q, :q] for key, block in jet.items()}
    cross: Jet = {key: block[:q, q:] for key, block in jet.items()}
    rest: Jet = {key: block[q:, q:] for key, block in jet.items()}
    return own, [cross], Gram({(0, 0): rest}, gram.logdet, gram.parameters)


def cut_last_sparse(gram: Gram, q: int) -> tuple[Jet, list[Jet], Gram]:
    """Cut the first q sparse columns out where their block is not diagonal: all else becomes dense."""
    zz, za, aa = gram.parts[0, 0], gram.parts[0, 1], gram.parts[1, 1]
    levels = zz[()].shape[0]
    if levels > LARGEST_DENSE:
        raise MixedModelError(
            f"The grouping factors cross too densely: {levels:,} levels would have to be held in one matrix "
            f"(at most {LARGEST_DENSE:,}). Use fewer factors, or fewer levels of the smaller ones."
        )
    own: Jet = {key: block[:q, :q] for key, block in zz.items()}
    cross: Jet = {}
    rest: Jet = {}
    for key, block in zz.items():
        tail = block[:, q:].toarray()
        cross[key] = np.hstack([tail[:q], za[key][:q]])
        rest[key] = np.block([[tail[q:], za[key][q:]], [za[key][q:].T, aa[key]]])
    return own, [cross], Gram({(0, 0): rest}, gram.logdet, gram.parameters)
