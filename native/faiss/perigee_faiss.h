// What Java sees of FAISS. JavaCPP's parser reads this file and nothing else: the types of FAISS are named for it below, under
// PERIGEE_PARSE, and whatever Java calls is a function of ours, declared here and defined in adapters.h over the real headers.
// So one file builds against every FAISS from 1.7.3 on, and the generated Java does not depend on which.
//
// Memory of Java is passed as its address; sizes are in elements, strides in bytes. Matrices are float32, row by row. An
// exception of C++ becomes a java.lang.RuntimeException with its text.
#pragma once
#include <cstdint>

#ifndef PERIGEE_PARSE
#include "includes.h"
#else
namespace faiss {
enum MetricType { METRIC_INNER_PRODUCT = 0, METRIC_L2 = 1 };
struct Index {
private:
    Index(); // Java gets them from the functions below, and gives them back to destroy
};
} // namespace faiss
#endif

namespace perigee {

/// The version of FAISS as 10000 major + 100 minor + patch.
int version();

/// How FAISS was compiled, in its own words: GENERIC, AVX2 ...
const char* compile_options();

/// What multiplies matrices: openblas, or another BLAS.
const char* blas();

/// Threads that OpenMP would use.
int max_threads();

/// An index over count rows of Java, which stay where they are.
faiss::Index* borrow_rows(int dim, int64_t count, int64_t rows, faiss::MetricType metric);

/// An index over inverted lists of Java, which stay where they are. List l has slots begins [l] to begins [l] + sizes [l].
/// coarse: the index of the centroids; becomes part of the new one, also if this fails.
/// parts: of a product quantizer of residuals, each of bits (4 or 8); 0 = the lists hold whole rows.
/// words: [parts x 2^bits, dim / parts], copied.
/// begins, sizes: int32 [lists]; ids: int64 [slots]; codes: [slots], as FAISS lays them out.
faiss::Index* borrow_lists(faiss::Index* coarse, int dim, faiss::MetricType metric, int parts, int bits, int64_t words,
                           int64_t begins, int64_t sizes, int64_t codes, int64_t ids);

/// The k nearest of each of count queries: distances float32 and ids int64, [count, k], -1 where there are no more.
/// probes: lists to scan; 0 where there are no lists.
/// allowed: bitmap of the ids that may be returned, allowed_bytes long; 0 = all.
void search(const faiss::Index* index, int64_t count, int64_t queries, int64_t k, int64_t distances, int64_t ids, int64_t probes,
            int64_t allowed, int64_t allowed_bytes, int threads);

void destroy(faiss::Index* index);

/// An index file that is being made.
struct NewIndexFile {
    /// lists: 0 = flat; then all up to the words is unused. with_rows: keep the rows beside codes, for refinement.
    NewIndexFile(int dim, faiss::MetricType metric, int lists, faiss::MetricType coarse_metric, int64_t centroids,
                 int64_t centroid_stride, int parts, int bits, int64_t words, int64_t word_stride, bool with_rows);

    /// Adds rows: of a flat index, or those to be kept beside codes.
    void add_rows(int64_t count, int64_t rows, int64_t stride);

    /// Adds count codes (rows of float32 where there is no quantizer) to a list.
    void add_to_list(int list, int64_t count, int64_t ids, int64_t codes, int64_t stride);

    /// unit_rows: queries are to be divided by their length first.
    /// ids: int64 [rows], or 0 where ids are the rows' numbers or stand in the lists.
    void write(const char* file, bool unit_rows, int64_t ids);

#ifndef PERIGEE_PARSE
private:
    std::unique_ptr<faiss::Index> index;
    faiss::IndexIVF* ivf = nullptr;        // part of index
    faiss::IndexRefineFlat* kept = nullptr; // index, where rows are kept
#endif
};

/// An index file taken apart: an index of rows, of lists of rows or of lists of codes, perhaps with ids, kept rows, and
/// transforms that can be undone. What it cannot take apart is refused by the constructor with the reason.
struct IndexFile {
    explicit IndexFile(const char* file);

    int dim() const;
    int64_t count() const;
    faiss::MetricType metric() const;
    /// Whether queries and rows are divided by their length before they are compared.
    bool unit_rows() const;
    /// 0 for a flat index.
    int lists() const;
    /// 0 where whole rows are stored.
    int parts() const;
    int bits() const;
    /// Whether rows are there as they were given, not decoded from codes.
    bool has_rows() const;

    /// ids int64 [count]; lists of the rows int32 [count], untouched for a flat index; in the order of the file.
    void placed(int64_t ids, int64_t lists) const;
    /// Rows at some places of the file, which are int64 numbers in the order of placed.
    void rows(int64_t places, int64_t count, int64_t into, int64_t stride) const;
    /// Codes at some places.
    void codes(int64_t places, int64_t count, int64_t into, int64_t stride) const;
    void centroids(int64_t into, int64_t stride) const;
    void words(int64_t into, int64_t stride) const;

#ifndef PERIGEE_PARSE
private:
    std::unique_ptr<faiss::Index> whole;
    faiss::IndexFlat* flat = nullptr;
    faiss::IndexIVF* ivf = nullptr;
    faiss::IndexIVFPQ* pq = nullptr;
    faiss::IndexFlat* kept = nullptr;
    std::vector<const std::vector<faiss::idx_t>*> maps;        // outermost first
    std::vector<const faiss::VectorTransform*> transforms;     // in the order in which a row goes through them
    bool normalized = false;
    std::vector<std::pair<int, size_t>> places;                // of each row: list and offset there

    void unwrap(faiss::Index* index);
    void take(const faiss::VectorTransform* transform);
    void undo(int64_t count, std::vector<float>& rows) const;
#endif
};

} // namespace perigee

#ifndef PERIGEE_PARSE
#include "adapters.h"
#include "files.h"
#endif
