// Index files of FAISS, made of what Java has and taken apart for it.
#pragma once

namespace perigee {

/// Rows of that stride into rows without padding, or the other way round.
inline void copy_rows(const void* from, size_t from_stride, void* into, size_t into_stride, size_t bytes, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        std::memcpy(static_cast<char*>(into) + i * into_stride, static_cast<const char*>(from) + i * from_stride, bytes);
    }
}

template <typename T>
T* at(int64_t address) {
    return reinterpret_cast<T*>(address);
}

inline NewIndexFile::NewIndexFile(int dim, faiss::MetricType metric, int lists, faiss::MetricType coarse_metric, int64_t centroids,
                                  int64_t centroid_stride, int parts, int bits, int64_t words, int64_t word_stride,
                                  bool with_rows) {
    if (lists == 0) {
        index = std::make_unique<faiss::IndexFlat>(dim, metric);
        return;
    }
    auto coarse = std::make_unique<faiss::IndexFlat>(dim, coarse_metric);
    std::vector<float> packed(size_t(lists) * dim);
    copy_rows(at<float>(centroids), centroid_stride, packed.data(), dim * 4, dim * 4, lists);
    coarse->add(lists, packed.data());
    if (parts == 0) {
        index.reset(ivf = new faiss::IndexIVFFlat(coarse.get(), dim, lists, metric));
    } else {
        auto* pq = new faiss::IndexIVFPQ(coarse.get(), dim, lists, parts, bits, metric);
        index.reset(ivf = pq);
        copy_rows(at<float>(words), word_stride, pq->pq.centroids.data(), pq->pq.dsub * 4, pq->pq.dsub * 4, parts << bits);
    }
    coarse.release();
    ivf->own_fields = true;
    ivf->is_trained = true;
    if (with_rows) {
        kept = new faiss::IndexRefineFlat(ivf);
        index.release();
        index.reset(kept);
        kept->own_fields = true;
    }
}

inline void NewIndexFile::add_rows(int64_t count, int64_t rows, int64_t stride) {
    std::vector<float> packed(size_t(count) * index->d);
    copy_rows(at<float>(rows), stride, packed.data(), index->d * 4, index->d * 4, count);
    (kept ? kept->refine_index : index.get())->add(count, packed.data());
}

inline void NewIndexFile::add_to_list(int list, int64_t count, int64_t ids, int64_t codes, int64_t stride) {
    std::vector<uint8_t> packed(size_t(count) * ivf->code_size);
    copy_rows(at<uint8_t>(codes), stride, packed.data(), ivf->code_size, ivf->code_size, count);
    ivf->invlists->add_entries(list, count, at<faiss::idx_t>(ids), packed.data());
    ivf->ntotal += count;
    index->ntotal = ivf->ntotal;
}

inline void NewIndexFile::write(const char* file, bool unit_rows, int64_t ids) {
    if (kept && kept->refine_index->ntotal != ivf->ntotal) {
        throw std::runtime_error("rows that are kept: another number than those in lists");
    }
    if (ids) {
        auto map = std::make_unique<faiss::IndexIDMap>(); // its constructor takes empty indexes only
        map->d = index->d;
        map->metric_type = index->metric_type;
        map->ntotal = index->ntotal;
        map->is_trained = true;
        map->id_map.assign(at<faiss::idx_t>(ids), at<faiss::idx_t>(ids) + index->ntotal);
        map->index = index.release();
        map->own_fields = true;
        index = std::move(map);
    }
    if (unit_rows) {
        auto transformed = std::make_unique<faiss::IndexPreTransform>(index.get());
        index.release();
        transformed->own_fields = true;
        transformed->prepend_transform(new faiss::NormalizationTransform(transformed->d));
        transformed->ntotal = transformed->index->ntotal;
        index = std::move(transformed);
    }
    faiss::write_index(index.get(), file);
}

inline IndexFile::IndexFile(const char* file) : whole(faiss::read_index(file)) {
    unwrap(whole.get());
    if (flat) {
        for (int64_t row = 0; row < flat->ntotal; ++row) {
            places.emplace_back(0, row);
        }
        return;
    }
    pq = dynamic_cast<faiss::IndexIVFPQ*>(ivf);
    for (size_t list = 0; list < ivf->nlist; ++list) {
        for (size_t offset = 0; offset < ivf->invlists->list_size(list); ++offset) {
            places.emplace_back(int(list), offset);
        }
    }
    if (pq && !pq->by_residual) {
        throw std::runtime_error("IVF-PQ of rows (expected of residuals)");
    }
    if (pq && !transforms.empty()) {
        throw std::runtime_error("IVF-PQ behind a rotation (OPQ, PCA ...), which codes cannot be taken out of (expected: rows, or "
                                 "codes of rows as they are)");
    }
    if (pq && pq->pq.nbits != 8 && pq->pq.nbits != 4) {
        throw std::runtime_error("codes of " + std::to_string(pq->pq.nbits) + " bits (expected 8 or 4)");
    }
    if (kept && (!pq || kept->ntotal != int64_t(places.size()))) {
        kept = nullptr;
    }
}

inline void IndexFile::unwrap(faiss::Index* index) {
    if (auto* map = dynamic_cast<faiss::IndexIDMap*>(index)) {
        maps.push_back(&map->id_map);
        unwrap(map->index);
    } else if (auto* behind = dynamic_cast<faiss::IndexPreTransform*>(index)) {
        for (const faiss::VectorTransform* transform : behind->chain) {
            take(transform);
        }
        unwrap(behind->index);
    } else if (auto* refined = dynamic_cast<faiss::IndexRefine*>(index)) {
        kept = dynamic_cast<faiss::IndexFlat*>(refined->refine_index);
        unwrap(refined->base_index);
    } else if (dynamic_cast<faiss::IndexIVFFlatDedup*>(index)) {
        throw std::runtime_error("IVF-Flat that keeps equal rows once (expected Flat, IVF-Flat or IVF-PQ)");
    } else if (dynamic_cast<faiss::IndexIVFFlat*>(index) || typeid(*index) == typeid(faiss::IndexIVFPQ)) {
        ivf = static_cast<faiss::IndexIVF*>(index);
    } else if (!(flat = dynamic_cast<faiss::IndexFlat*>(index))) {
        throw std::runtime_error(std::string("an index that is none of Flat, IVF-Flat and IVF-PQ (") + typeid(*index).name() + ")");
    }
    if (index->metric_type != faiss::METRIC_L2 && index->metric_type != faiss::METRIC_INNER_PRODUCT) {
        throw std::runtime_error("metric " + std::to_string(index->metric_type) + " (expected L2 or inner product)");
    }
}

/// Rotations and shifts that keep every distance are undone when rows are read; what does not is refused.
inline void IndexFile::take(const faiss::VectorTransform* transform) {
    if (dynamic_cast<const faiss::NormalizationTransform*>(transform)) {
        auto* normalization = static_cast<const faiss::NormalizationTransform*>(transform);
        if (!transforms.empty() || normalization->norm != 2) {
            throw std::runtime_error("a normalisation that is not the first transform, or not by length");
        }
        normalized = true;
        return;
    }
    const auto* linear = dynamic_cast<const faiss::LinearTransform*>(transform);
    const bool shift = dynamic_cast<const faiss::CenteringTransform*>(transform);
    if (shift || (linear && linear->have_bias)) {
        if (whole->metric_type != faiss::METRIC_L2) {
            throw std::runtime_error("a transform that moves rows, which changes inner products");
        }
    }
    bool kept_distance = shift;
    if (linear && linear->d_in == linear->d_out) {
        faiss::LinearTransform copy(*linear);
        copy.set_is_orthonormal();
        kept_distance = copy.is_orthonormal;
    }
    if (!kept_distance) {
        throw std::runtime_error("a transform of " + std::to_string(transform->d_in) + " to " + std::to_string(transform->d_out) +
                                 " dimensions that is no rotation: distances behind it are others");
    }
    transforms.push_back(transform);
}

/// Takes rows back through all transforms.
inline void IndexFile::undo(int64_t count, std::vector<float>& rows) const {
    std::vector<float> before(rows.size());
    for (auto transform = transforms.rbegin(); transform != transforms.rend(); ++transform) {
        if (auto* linear = dynamic_cast<const faiss::LinearTransform*>(*transform)) {
            linear->transform_transpose(count, rows.data(), before.data());
        } else {
            (*transform)->reverse_transform(count, rows.data(), before.data());
        }
        rows.swap(before);
    }
}

inline int IndexFile::dim() const {
    return whole->d;
}

inline int64_t IndexFile::count() const {
    return places.size();
}

inline faiss::MetricType IndexFile::metric() const {
    return whole->metric_type;
}

inline bool IndexFile::unit_rows() const {
    return normalized;
}

inline int IndexFile::lists() const {
    return ivf ? int(ivf->nlist) : 0;
}

inline int IndexFile::parts() const {
    return pq ? int(pq->pq.M) : 0;
}

inline int IndexFile::bits() const {
    return pq ? int(pq->pq.nbits) : 0;
}

inline bool IndexFile::has_rows() const {
    return !pq || kept;
}

inline void IndexFile::placed(int64_t ids, int64_t lists) const {
    for (size_t row = 0; row < places.size(); ++row) {
        const auto [list, offset] = places[row];
        int64_t id = ivf ? faiss::InvertedLists::ScopedIds(ivf->invlists, list)[offset] : int64_t(offset);
        for (auto map = maps.rbegin(); map != maps.rend(); ++map) {
            if (id < 0 || id >= int64_t((*map)->size())) {
                throw std::runtime_error("id " + std::to_string(id) + " of a map with " + std::to_string((*map)->size()));
            }
            id = (**map)[id];
        }
        at<int64_t>(ids)[row] = id;
        if (ivf) {
            at<int32_t>(lists)[row] = list;
        }
    }
}

inline void IndexFile::rows(int64_t numbers, int64_t count, int64_t into, int64_t stride) const {
    const int d = flat ? flat->d : ivf->d;
    std::vector<float> some(size_t(count) * d);
    for (int64_t i = 0; i < count; ++i) {
        const auto [list, offset] = places[at<int64_t>(numbers)[i]];
        float* row = some.data() + i * d;
        if (flat) {
            flat->reconstruct(offset, row);
        } else if (kept) {
            const int64_t number = faiss::InvertedLists::ScopedIds(ivf->invlists, list)[offset];
            if (number < 0 || number >= kept->ntotal) {
                throw std::runtime_error("id " + std::to_string(number) + " of " + std::to_string(kept->ntotal) + " rows that are kept");
            }
            kept->reconstruct(number, row);
        } else {
            ivf->reconstruct_from_offset(list, offset, row);
        }
    }
    undo(count, some);
    copy_rows(some.data(), d * 4, at<float>(into), stride, d * 4, count);
}

inline void IndexFile::codes(int64_t numbers, int64_t count, int64_t into, int64_t stride) const {
    for (int64_t i = 0; i < count; ++i) {
        const auto [list, offset] = places[at<int64_t>(numbers)[i]];
        faiss::InvertedLists::ScopedCodes codes(ivf->invlists, list);
        std::memcpy(at<uint8_t>(into) + i * stride, codes.get() + offset * ivf->code_size, ivf->code_size);
    }
}

inline void IndexFile::centroids(int64_t into, int64_t stride) const {
    std::vector<float> some(ivf->nlist * ivf->d);
    ivf->quantizer->reconstruct_n(0, ivf->nlist, some.data());
    undo(ivf->nlist, some);
    copy_rows(some.data(), ivf->d * 4, at<float>(into), stride, ivf->d * 4, ivf->nlist);
}

inline void IndexFile::words(int64_t into, int64_t stride) const {
    copy_rows(pq->pq.centroids.data(), pq->pq.dsub * 4, at<float>(into), stride, pq->pq.dsub * 4, pq->pq.M * pq->pq.ksub);
}

} // namespace perigee
