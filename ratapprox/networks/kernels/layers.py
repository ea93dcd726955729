"""The CUDA functions that a block of threads calls, layer after layer, on a tile of samples in its shared memory.

R samples are in a tile, T threads in a block, V neighbouring samples in 16 bytes. A thread multiplies for 4 columns at
V samples. Rows of samples are S = R + V numbers long, so that threads with neighbouring columns meet different banks.
`wide` is a number of columns filled up to a multiple of 4 with zeros, `tall` the same of one row more, which holds 1 in
an h and the biases in a W.
"""

from __future__ import annotations

__all__ = ["LAYERS", "TOTAL", "tall", "wide"]


def wide(width: int) -> int:
    return -(-width // 4) * 4


def tall(width: int) -> int:
    return wide(width + 1)


LAYERS = """
struct __align__(16) Rows { number v[V]; };
struct __align__(16) Four { number v[4]; };

static inline __device__ constexpr int wide(int width) { return (width + 3) / 4 * 4; }
static inline __device__ constexpr int tall(int width) { return wide(width + 1); }

// W, with its biases, from the flat vector.
template <int IN, int OUT> static __device__ __forceinline__ void fetch(const number *flat, number *w)
{
    for (int k = threadIdx.x; k < tall(IN) * wide(OUT); k += T) {
        const int i = k / wide(OUT), o = k % wide(OUT);
        w[k] = i <= IN && o < OUT ? flat[i * OUT + o] : 0;
    }
}

// A gradient of W, with that of its biases, to a flat vector.
template <int IN, int OUT> static __device__ __forceinline__ void give(const number *gradient, number *flat)
{
    for (int k = threadIdx.x; k < (IN + 1) * OUT; k += T) flat[k] = gradient[k / OUT * wide(OUT) + k % OUT];
}

// h = [x; 1] of a tile, filled up with its last sample: any other might be where the network has a pole.
template <int IN> static __device__ __forceinline__ void take(const number *x, number *h, const int valid)
{
    for (int k = threadIdx.x; k < R * IN; k += T)
        h[k % IN * S + k / IN] = x[k / IN < valid ? k : (valid - 1) * IN + k % IN];
    for (int k = threadIdx.x; k < (tall(IN) - IN) * R; k += T) h[(IN + k / R) * S + k % R] = k < R ? 1 : 0;
}

// What flows back to the outputs of a tile, 0 for samples beyond the last.
template <int OUT> static __device__ __forceinline__ void flows(const number *dy, number *g, const int valid)
{
    for (int k = threadIdx.x; k < R * OUT; k += T) g[k % OUT * S + k / OUT] = k / OUT < valid ? dy[k] : 0;
    for (int k = threadIdx.x; k < (wide(OUT) - OUT) * R; k += T) g[(OUT + k / R) * S + k % R] = 0;
}

// h becomes [sigma(z); 1], z = transposed W times h. A thread has at most one share, whole before any writes.
template <int IN, int OUT, class Unit, bool KEEP> static __device__ __forceinline__
void layer(const number *w, const number *u, number *h, number *z)
{
    const int row = threadIdx.x % (R / V) * V, column = threadIdx.x / (R / V) * 4;
    number sum[4][V];
    if (column < wide(OUT)) {
        #pragma unroll
        for (int p = 0; p < 4; ++p)
            #pragma unroll
            for (int v = 0; v < V; ++v) sum[p][v] = w[IN * wide(OUT) + column + p];
        #pragma unroll 5
        for (int i = 0; i < IN; ++i) {
            const Rows a = *(const Rows *)(h + i * S + row);
            const Four b = *(const Four *)(w + i * wide(OUT) + column);
            #pragma unroll
            for (int p = 0; p < 4; ++p)
                #pragma unroll
                for (int v = 0; v < V; ++v) sum[p][v] += b.v[p] * a.v[v];
        }
    }
    __syncthreads();
    if (column < wide(OUT)) {
        #pragma unroll
        for (int p = 0; p < 4; ++p) {
            Rows before, after;
            #pragma unroll
            for (int v = 0; v < V; ++v) {
                before.v[v] = sum[p][v];
                after.v[v] = column + p < OUT ? Unit::value(sum[p][v], u) : (number)(column + p == OUT);
            }
            if (KEEP) *(Rows *)(z + (column + p) * S + row) = before;
            *(Rows *)(h + (column + p) * S + row) = after;
        }
    }
    for (int k = threadIdx.x; k < (tall(OUT) - wide(OUT)) * R; k += T) h[(OUT + k / R) * S + k % R] = k < R ? 1 : 0;
}

// h = [sigma(z); 1] once more.
template <int OUT, class Unit> static __device__ __forceinline__
void again(const number *u, const number *z, number *h)
{
    for (int item = threadIdx.x; item < R / V * tall(OUT); item += T) {
        const int row = item % (R / V) * V, column = item / (R / V);
        Rows after;
        if (column < OUT) {
            const Rows before = *(const Rows *)(z + column * S + row);
            #pragma unroll
            for (int v = 0; v < V; ++v) after.v[v] = Unit::value(before.v[v], u);
        } else {
            #pragma unroll
            for (int v = 0; v < V; ++v) after.v[v] = column == OUT;
        }
        *(Rows *)(h + column * S + row) = after;
    }
}

// An output at a sample.
template <int IN, int OUT> static __device__ __forceinline__
number output(const number *w, const number *h, const int row, const int o)
{
    number sum = w[IN * wide(OUT) + o];
    #pragma unroll 10
    for (int i = 0; i < IN; ++i) sum += w[i * wide(OUT) + o] * h[i * S + row];
    return sum;
}

// y of a tile.
template <int IN, int OUT> static __device__ __forceinline__
void outputs(const number *w, const number *h, number *y, const int valid)
{
    for (int k = threadIdx.x; k < R * OUT; k += T) {
        const number found = output<IN, OUT>(w, h, k % R, k / R);
        if (k % R < valid) y[k % R * OUT + k / R] = found;
    }
}

// What flows back to the outputs from scale times the sum of (y - target)^2: g; squares: that sum, of the thread's own.
template <int IN, int OUT> static __device__ __forceinline__
void remainders(
    const number *w, const number *h, const number *target, number scale, number *g, int valid, double *squares)
{
    for (int k = threadIdx.x; k < R * wide(OUT); k += T) {
        const int row = k % R, o = k / R;
        number r = 0;
        if (o < OUT && row < valid) r = output<IN, OUT>(w, h, row, o) - target[row * OUT + o];
        *squares += (double)r * r;
        g[o * S + row] = 2 * scale * r;
    }
}

// gradient += h times transposed g, where one of them has few columns: a thread for each entry.
template <int IN, int OUT> static __device__ __forceinline__
void entries(number *gradient, const number *h, const number *g)
{
    for (int k = threadIdx.x; k < (IN + 1) * OUT; k += T) {
        const int i = k / OUT, o = k % OUT;
        number sum = 0;
        #pragma unroll 8
        for (int row = 0; row < R; row += V) {
            const Rows a = *(const Rows *)(h + i * S + row), b = *(const Rows *)(g + o * S + row);
            #pragma unroll
            for (int v = 0; v < V; ++v) sum += a.v[v] * b.v[v];
        }
        gradient[i * wide(OUT) + o] += sum;
    }
}

// gradient += h times transposed g: a thread for 4 x 4 entries. The rows of a thread lie apart, so that neighbouring
// threads read neighbouring rows, which meet different banks.
template <int IN, int OUT> static __device__ __forceinline__
void products(number *gradient, const number *h, const number *g)
{
    const int apart = tall(IN) / 4;
    for (int item = threadIdx.x; item < apart * (wide(OUT) / 4); item += T) {
        const int i = item % apart, o = item / apart * 4;
        number sum[4][4] = {};
        #pragma unroll 2
        for (int row = 0; row < R; row += V) {
            Rows a[4], b[4];
            #pragma unroll
            for (int p = 0; p < 4; ++p) {
                a[p] = *(const Rows *)(h + (i + p * apart) * S + row);
                b[p] = *(const Rows *)(g + (o + p) * S + row);
            }
            #pragma unroll
            for (int v = 0; v < V; ++v)
                #pragma unroll
                for (int p = 0; p < 4; ++p)
                    #pragma unroll
                    for (int q = 0; q < 4; ++q) sum[p][q] += a[p].v[v] * b[q].v[v];
        }
        #pragma unroll
        for (int p = 0; p < 4; ++p) {
            Four *at = (Four *)(gradient + (i + p * apart) * wide(OUT) + o);
            Four old = *at;
            #pragma unroll
            for (int q = 0; q < 4; ++q) old.v[q] += sum[p][q];
            *at = old;
        }
    }
}

// z of the layer below becomes what flows back to it from g; sums: those for its coefficients.
template <int IN, int OUT, class Unit> static __device__ __forceinline__
void back(const number *w, const number *u, const number *g, number *z, const int valid, number *sums)
{
    const int row = threadIdx.x % (R / V) * V, column = threadIdx.x / (R / V) * 4;
    if (column >= wide(IN)) return;
    number flow[4][V] = {};
    #pragma unroll 2
    for (int o = 0; o < wide(OUT); o += 4) {
        Rows b[4];
        #pragma unroll
        for (int q = 0; q < 4; ++q) b[q] = *(const Rows *)(g + (o + q) * S + row);
        #pragma unroll
        for (int p = 0; p < 4; ++p) {
            const Four a = *(const Four *)(w + (column + p) * wide(OUT) + o);
            #pragma unroll
            for (int q = 0; q < 4; ++q)
                #pragma unroll
                for (int v = 0; v < V; ++v) flow[p][v] += a.v[q] * b[q].v[v];
        }
    }
    #pragma unroll
    for (int p = 0; p < 4; ++p) {
        Rows *at = (Rows *)(z + (column + p) * S + row);
        Rows old = *at;
        #pragma unroll
        for (int v = 0; v < V; ++v)
            old.v[v] = column + p < IN && row + v < valid ? Unit::flow(old.v[v], u, flow[p][v], sums) : 0;
        *at = old;
    }
}

// The sum over the threads of a block, in their order, to one place.
template <class Number> static __device__ __forceinline__ void sum(const Number of, Number *spare, Number *to)
{
    spare[threadIdx.x] = of;
    __syncthreads();
    if (threadIdx.x == 0) {
        double total = 0;
        for (int k = 0; k < T; ++k) total += spare[k];
        *to = total;
    }
    __syncthreads();
}
"""

TOTAL = """
// The gradient of each member: the sum over its blocks, in their order.
extern "C" __global__ void total(const int blocks, const number *partial, number *gradient)
{
    const int k = blockIdx.x * blockDim.x + threadIdx.x;
    if (k >= P) return;
    double sum = 0;
    for (int block = 0; block < blocks; ++block)
        sum += partial[((long long)blockIdx.y * blocks + block) * P + k];
    gradient[(long long)blockIdx.y * P + k] = sum;
}

// The loss of each member, a thread for each.
extern "C" __global__ void losses(
    const int members, const int blocks, const double scale, const double *squares, number *loss)
{
    const int member = blockIdx.x * blockDim.x + threadIdx.x;
    if (member >= members) return;
    double sum = 0;
    for (int block = 0; block < blocks; ++block) sum += squares[(long long)member * blocks + block];
    loss[member] = scale * sum;
}
"""
