// Searches of FAISS over memory that it does not own.
#pragma once

namespace perigee {

inline int version() {
    return PERIGEE_FAISS_VERSION;
}

inline const char* compile_options() {
    static const std::string options = faiss::get_compile_options();
    return options.c_str();
}

inline const char* blas() {
    return openblas_set_num_threads ? "openblas" : "another BLAS";
}

inline int max_threads() {
    return omp_get_max_threads();
}

/// Rows of somebody else. IndexFlat would copy them.
struct BorrowedRows : faiss::Index {
    const float* rows;

    BorrowedRows(int dim, int64_t count, const float* rows, faiss::MetricType metric) : faiss::Index(dim, metric), rows(rows) {
        ntotal = count;
        is_trained = true;
    }

    void add(faiss::idx_t, const float*) override {
        throw std::runtime_error("borrowed rows are read-only");
    }

    void reset() override {
        throw std::runtime_error("borrowed rows are read-only");
    }

    void reconstruct(faiss::idx_t row, float* into) const override {
        std::copy_n(rows + row * d, d, into);
    }

    void search(faiss::idx_t count, const float* queries, faiss::idx_t k, float* distances, faiss::idx_t* ids,
                const faiss::SearchParameters* parameters = nullptr) const override {
        const faiss::IDSelector* allowed = parameters ? parameters->sel : nullptr;
        if (metric_type == faiss::METRIC_L2) {
            faiss::knn_L2sqr(queries, rows, d, count, ntotal, k, distances, ids, nullptr, allowed);
        } else {
            faiss::knn_inner_product(queries, rows, d, count, ntotal, k, distances, ids, allowed);
        }
    }
};

/// Lists of somebody else. An index with them can be searched and not written.
struct BorrowedLists : faiss::ReadOnlyInvertedLists {
    const int32_t* begins;
    const int32_t* sizes;
    const uint8_t* codes;
    const int64_t* ids;

    BorrowedLists(size_t lists, size_t code_size, const int32_t* begins, const int32_t* sizes, const uint8_t* codes,
                  const int64_t* ids)
            : faiss::ReadOnlyInvertedLists(lists, code_size), begins(begins), sizes(sizes), codes(codes), ids(ids) {}

    size_t list_size(size_t list) const override {
        return sizes[list];
    }

    const uint8_t* get_codes(size_t list) const override {
        return codes + begins[list] * code_size;
    }

    const faiss::idx_t* get_ids(size_t list) const override {
        return ids + begins[list];
    }
};

inline faiss::Index* borrow_rows(int dim, int64_t count, int64_t rows, faiss::MetricType metric) {
    return new BorrowedRows(dim, count, reinterpret_cast<const float*>(rows), metric);
}

inline faiss::Index* borrow_lists(faiss::Index* coarse, int dim, faiss::MetricType metric, int parts, int bits, int64_t words,
                                  int64_t begins, int64_t sizes, int64_t codes, int64_t ids) {
    std::unique_ptr<faiss::Index> centroids(coarse);
    const size_t lists = coarse->ntotal;
    std::unique_ptr<faiss::IndexIVF> index;
    faiss::IndexIVFPQ* pq = nullptr;
    if (parts == 0) {
        index = std::make_unique<faiss::IndexIVFFlat>(coarse, dim, lists, metric);
    } else {
        index.reset(pq = new faiss::IndexIVFPQ(coarse, dim, lists, parts, bits, metric));
        std::copy_n(reinterpret_cast<const float*>(words), pq->pq.centroids.size(), pq->pq.centroids.begin());
    }
    centroids.release();
    index->own_fields = true;
    index->is_trained = true;
    index->replace_invlists(new BorrowedLists(lists, index->code_size, reinterpret_cast<const int32_t*>(begins),
            reinterpret_cast<const int32_t*>(sizes), reinterpret_cast<const uint8_t*>(codes), reinterpret_cast<const int64_t*>(ids)),
            true);
    for (size_t list = 0; list < lists; ++list) {
        index->ntotal += index->invlists->list_size(list);
    }
    if (pq) {
        pq->precompute_table(); // as reading a file does; FAISS leaves it out where it would be too large
    }
    return index.release();
}

/// OpenMP's number is one per calling thread, OpenBLAS's one for all.
inline void use_threads(int threads) {
    omp_set_num_threads(threads);
    if (openblas_set_num_threads && openblas_get_num_threads() != threads) {
        openblas_set_num_threads(threads);
    }
}

inline void search(const faiss::Index* index, int64_t count, int64_t queries, int64_t k, int64_t distances, int64_t ids,
                   int64_t probes, int64_t allowed, int64_t allowed_bytes, int threads) {
    use_threads(threads);
    faiss::IDSelectorBitmap selector(allowed_bytes, reinterpret_cast<const uint8_t*>(allowed));
    faiss::SearchParameters flat;
    faiss::SearchParametersIVF lists; // an index of lists takes no other class
    lists.nprobe = probes;
    faiss::SearchParameters& parameters = probes > 0 ? lists : flat;
    parameters.sel = allowed ? &selector : nullptr;
    index->search(count, reinterpret_cast<const float*>(queries), k, reinterpret_cast<float*>(distances),
                  reinterpret_cast<faiss::idx_t*>(ids), &parameters);
}

inline void destroy(faiss::Index* index) {
    delete index;
}

} // namespace perigee
