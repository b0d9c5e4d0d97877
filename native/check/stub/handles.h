// Handles that a caller holds are numbers, never addresses: a stale or foreign one is recognised, not followed.
#pragma once
#include <cstdint>
#include <memory>
#include <unordered_map>

// Numbers are unique over all kinds of objects and are not used again.
uintptr_t next_handle();

// Objects of one kind behind handles of type H. Guarded by the driver's lock.
template <class H, class T> class Handles {
public:
    H add(std::shared_ptr<T> object) {
        const uintptr_t number = next_handle();
        object->handle = reinterpret_cast<H>(number);
        known.emplace(number, object);
        return object->handle;
    }

    std::shared_ptr<T> find(H handle) const {
        const auto found = known.find(reinterpret_cast<uintptr_t>(handle));
        return found == known.end() ? nullptr : found->second;
    }

    std::shared_ptr<T> remove(H handle) {
        std::shared_ptr<T> object = find(handle);
        known.erase(reinterpret_cast<uintptr_t>(handle));
        return object;
    }

    template <class F> void remove_if(F condition) {
        std::erase_if(known, [&](const auto& entry) { return condition(*entry.second); });
    }

    template <class F> void each(F visit) const {
        for (const auto& entry : known) {
            visit(entry.second);
        }
    }

private:
    std::unordered_map<uintptr_t, std::shared_ptr<T>> known;
};
