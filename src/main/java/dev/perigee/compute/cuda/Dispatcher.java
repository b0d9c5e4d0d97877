package dev.perigee.compute.cuda;

import dev.perigee.compute.SearchBatch;
import dev.perigee.compute.Searcher;
import dev.perigee.compute.TopK;
import dev.perigee.index.SearchParams;
import dev.perigee.vector.Matrix;
import dev.perigee.vector.RowMask;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.Condition;

/**
 * Hands searches to the slots of a device, in the order they came. Natural batching, no timer and no thread of its own: while
 * all slots are busy searches wait, and the first of them that gets a slot takes along those behind it that search the same
 * by the same masks, as one batch. Each query has its own k and parameters, so a search gets what it would get alone.
 * Thread-safe.
 */
final class Dispatcher {
    /** Queries of searches that are joined, and of the largest that is. */
    private static final int MOST_JOINED = 1024;
    private static final int LARGEST_JOINED = 256;

    private final Slots slots;
    /** Not yet taken by anyone; under the lock of the slots. */
    private final Deque<Call> waiting = new ArrayDeque<>();

    Dispatcher(Slots slots) {
        this.slots = slots;
        slots.listen(this::wakeFirst);
    }

    /** A search that waits. */
    private static final class Call {
        final CudaSearcher searcher;
        final SearchBatch batch;
        final TopK into;
        final Condition changed;
        boolean taken;
        boolean done;
        Throwable failure;

        Call(CudaSearcher searcher, SearchBatch batch, TopK into, Condition changed) {
            this.searcher = searcher;
            this.batch = batch;
            this.into = into;
            this.changed = changed;
        }

        boolean joins(Call first) {
            return searcher == first.searcher && batch.count() <= LARGEST_JOINED && same(batch.masks(), first.batch.masks())
                    && batch.queries().stride() == first.batch.queries().stride();
        }

        private static boolean same(List<RowMask> some, List<RowMask> others) {
            boolean same = some.size() == others.size();
            for (int i = 0; same && i < some.size(); i++) {
                same = some.get(i) == others.get(i);
            }
            return same;
        }
    }

    private void wakeFirst() {
        if (!waiting.isEmpty()) {
            waiting.peek().changed.signal();
        }
    }

    void search(CudaSearcher searcher, SearchBatch batch, TopK into) {
        Call mine = new Call(searcher, batch, into, slots.lock().newCondition());
        List<Call> group = null;
        Slots.Lease lease = null;
        slots.lock().lock();
        try {
            waiting.add(mine);
            while (!mine.done && lease == null) {
                if (!mine.taken && waiting.peek() == mine) {
                    lease = slots.poll();
                }
                if (lease == null) {
                    await(mine);
                }
            }
            if (lease != null) {
                group = take();
                wakeFirst(); // another slot may be free
            }
        } catch (RuntimeException | Error e) {
            waiting.remove(mine);
            wakeFirst();
            throw e;
        } finally {
            slots.lock().unlock();
        }
        if (lease != null) {
            lead(group, lease);
        }
        switch (mine.failure) {
            case null -> { }
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(mine.failure);
        }
    }

    /** An interrupt ends a search that waits; one that another thread has taken goes on. */
    private void await(Call mine) {
        try {
            mine.changed.await();
        } catch (InterruptedException e) {
            if (!mine.taken) {
                Thread.currentThread().interrupt();
                throw Slots.interrupted(e);
            }
            while (!mine.done) {
                mine.changed.awaitUninterruptibly();
            }
            Thread.currentThread().interrupt();
        }
    }

    /** The first that waits and all that go with it. */
    private List<Call> take() {
        Call first = waiting.poll();
        first.taken = true;
        List<Call> group = new ArrayList<>(List.of(first));
        int queries = first.batch.count();
        for (Iterator<Call> others = waiting.iterator(); first.batch.count() <= LARGEST_JOINED && others.hasNext(); ) {
            Call other = others.next();
            if (other.joins(first) && queries + other.batch.count() <= MOST_JOINED) {
                others.remove();
                other.taken = true;
                group.add(other);
                queries += other.batch.count();
            }
        }
        return group;
    }

    private void lead(List<Call> group, Slots.Lease lease) {
        try (lease) {
            if (group.size() == 1 || !searchTogether(group, lease.slot())) {
                group.forEach(call -> searchAlone(call, lease.slot()));
            }
        } finally {
            slots.lock().lock();
            try {
                for (Call call : group) {
                    call.done = true;
                    call.changed.signal();
                }
            } finally {
                slots.lock().unlock();
            }
        }
    }

    private static void searchAlone(Call call, Slot slot) {
        try {
            call.searcher.search(slot, call.batch, call.into);
        } catch (RuntimeException | Error e) {
            call.failure = e;
        }
    }

    /** @return false if it failed: one search may have spoilt it for the others; no answer has changed then */
    private static boolean searchTogether(List<Call> group, Slot slot) {
        int count = group.stream().mapToInt(call -> call.batch.count()).sum();
        CudaSearcher searcher = group.getFirst().searcher;
        int[] k = new int[count];
        SearchParams[] params = new SearchParams[count];
        try (Searcher.Queries lease = searcher.queries(count)) {
            Matrix queries = lease.matrix();
            int at = 0;
            for (Call call : group) {
                int own = call.batch.count();
                queries.copy(call.batch.queries(), 0, at, own);
                System.arraycopy(call.batch.k(), 0, k, at, own);
                System.arraycopy(call.batch.params(), 0, params, at, own);
                at += own;
            }
            TopK top = new TopK(k);
            searcher.search(slot, new SearchBatch(queries, k, params, group.getFirst().batch.masks()), top);
            handOut(top, group);
            return true;
        } catch (RuntimeException | Error e) {
            return false; // each is searched again by itself, and hears of its own failure
        }
    }

    /** Never fails: rows that were offered once must not be offered again. */
    private static void handOut(TopK top, List<Call> group) {
        int from = 0;
        for (Call call : group) {
            try {
                for (int q = 0; q < call.batch.count(); q++) {
                    call.into.offerAll(q, top, from + q);
                }
            } catch (RuntimeException | Error e) {
                call.failure = e;
            }
            from += call.batch.count();
        }
    }
}
