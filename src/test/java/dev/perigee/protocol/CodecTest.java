package dev.perigee.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.api.CollectionInfo;
import dev.perigee.api.CollectionSpec;
import dev.perigee.api.Filter;
import dev.perigee.api.IndexKind;
import dev.perigee.api.IndexSpec;
import dev.perigee.api.SearchRequest;
import dev.perigee.api.SearchResult;
import dev.perigee.api.SpaceInfo;
import dev.perigee.api.UpsertRequest;
import dev.perigee.distance.Distance;
import dev.perigee.testing.NoLeaks;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Each message there and back, and what happens to bodies that lie. */
@ExtendWith(NoLeaks.class)
class CodecTest {
    private static final Limits LIMITS = Limits.DEFAULT;
    private static final Arena ARENA = Arena.ofAuto();
    private static final CollectionSpec SPEC =
            new CollectionSpec("cars-1", 48, Distance.COSINE, new IndexSpec(IndexKind.IVF_PQ, 100, 12, 4, -5));
    private static final CollectionInfo INFO = new CollectionInfo(SPEC, List.of(new SpaceInfo(1, 48, "none", Distance.COSINE)),
            5_000_000_000L, 7, 1L << 40, "simd", "a CPU, 8 lanes ü");

    /** A matrix whose value at (i, j) says where it is. */
    private static Matrix matrix(int rows, int dim) {
        Matrix matrix = Matrix.allocate(ARENA, rows, dim);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < dim; j++) {
                matrix.set(i, j, i + j / 1000f);
            }
        }
        return matrix;
    }

    private static byte[] search(int rows, int dim, SearchRequest request) {
        return Wire.bytes(SearchCodec.encode(Wire.ALLOCATOR, 7, "cars", matrix(rows, dim), 0, rows, request));
    }

    /** One good frame of each message and its decoder. */
    private static Map<byte[], Function<Frame, Object>> messages() {
        var a = Wire.ALLOCATOR;
        Map<byte[], Function<Frame, Object>> all = new LinkedHashMap<>();
        all.put(Wire.bytes(HelloCodec.encode(a, new HelloCodec.Hello(1, 3))), HelloCodec::decode);
        all.put(Wire.bytes(WelcomeCodec.encode(a, new WelcomeCodec.Welcome(1, LIMITS))), WelcomeCodec::decode);
        all.put(Wire.bytes(CreateCodec.encode(a, 7, SPEC)), CreateCodec::decode);
        all.put(Wire.bytes(NameCodec.encode(a, Opcode.BUILD, 7, "cars")), NameCodec::decode);
        all.put(Wire.bytes(AddedCodec.encode(a, 7, 1L << 40)), AddedCodec::decode);
        all.put(Wire.bytes(CollectionsCodec.encode(a, 7, List.of(INFO, INFO))), CollectionsCodec::decode);
        all.put(Wire.bytes(ProgressCodec.encode(a, 7, new ProgressCodec.Step("k-means", 3, 20))), ProgressCodec::decode);
        all.put(Wire.bytes(ErrorCodec.encode(a, 7, ErrorCode.NOT_FOUND, "no")), ErrorCodec::decode);
        all.put(Wire.bytes(GoawayCodec.encode(a, "closing")), GoawayCodec::decode);
        all.put(search(3, 20, SearchRequest.nearest(4).withProbes(5).withRefine(6)), frame -> SearchCodec.decode(frame, LIMITS));
        all.put(Wire.bytes(ResultCodec.encode(a, 7, new SearchResult(2, 2, new long[4], new float[4]))), ResultCodec::decode);
        all.put(Wire.bytes(AddCodec.encode(a, 7, "cars", UpsertRequest.of(new long[3], matrix(3, 20)), 0, 3)),
                frame -> AddCodec.decode(frame, LIMITS));
        return all;
    }

    @Test
    void smallMessagesThereAndBack() {
        Map<byte[], Function<Frame, Object>> all = messages();
        List<Object> read = all.entrySet().stream().map(e -> Wire.decode(e.getKey(), e.getValue())).limit(7).toList();
        assertThat(read).containsExactly(new HelloCodec.Hello(1, 3), new WelcomeCodec.Welcome(1, LIMITS), SPEC, "cars", 1L << 40,
                List.of(INFO, INFO), new ProgressCodec.Step("k-means", 3, 20));
        for (ErrorCode code : ErrorCode.values()) {
            PerigeeException error = Wire.decode(
                    Wire.bytes(ErrorCodec.encode(Wire.ALLOCATOR, 7, code, "so: ü")), ErrorCodec::decode);
            assertThat(error).hasMessage("so: ü");
            assertThat(error.code()).isEqualTo(code);
        }
        byte[] longError = Wire.bytes(ErrorCodec.encode(Wire.ALLOCATOR, 7, ErrorCode.IO, "x".repeat(9999)));
        assertThat(Wire.decode(longError, ErrorCodec::decode).getMessage()).hasSize(4096);
        assertThat(Wire.decode(Wire.bytes(GoawayCodec.encode(Wire.ALLOCATOR, "bye")), GoawayCodec::decode)).isEqualTo("bye");
        byte[] none = Wire.bytes(CollectionsCodec.encode(Wire.ALLOCATOR, 7, List.of()));
        assertThat(Wire.decode(none, CollectionsCodec::decode)).isEmpty();
        for (Distance distance : Distance.values()) {
            CollectionSpec spec = new CollectionSpec("c", 1, distance, new IndexSpec(IndexKind.IVF_SQ, 3, 8, 6, 4));
            assertThat(Wire.decode(Wire.bytes(CreateCodec.encode(Wire.ALLOCATOR, 7, spec)), CreateCodec::decode)).isEqualTo(spec);
        }
    }

    @Test
    void aFilterIsRefusedAndNotLeftOut() {
        SearchRequest request = SearchRequest.nearest(3).withFilter(Filter.of(1));
        assertThatThrownBy(() -> search(2, 4, request)).isInstanceOfSatisfying(PerigeeException.class,
                e -> assertThat(e.code()).isEqualTo(ErrorCode.UNSUPPORTED)).hasMessageStartingWith("filter: ");
    }

    @Test
    void searchThereAndBackInAnyPieces() {
        SearchRequest plain = SearchRequest.nearest(10);
        for (SearchRequest request : List.of(plain, plain.withProbes(9), plain.withRefine(0),
                plain.withProbes(1).withRefine(16_384))) {
            for (int dim : new int[] {1, 7, 8, 16, 31, 32, 100, 128}) {
                byte[] bytes = search(37, dim, request);
                for (int piece : new int[] {bytes.length, 2500, dim == 7 ? 1 : 4000}) {
                    Matrix into = Matrix.allocate(ARENA, 40, dim);
                    SearchCodec.Search search = Wire.decode(bytes, piece, frame -> {
                        SearchCodec.Search decoded = SearchCodec.decode(frame, LIMITS);
                        RawBlocks.read(frame.bytes(), decoded.queriesAt(), 0, 20, into, 2);
                        RawBlocks.read(frame.bytes(), decoded.queriesAt(), 20, 17, into, 22);
                        return decoded;
                    });
                    assertThat(search.queriesAt() % 64).isZero();
                    assertThat(search).isEqualTo(new SearchCodec.Search("cars", 37, dim, request, search.queriesAt()));
                    Matrix expected = matrix(37, dim);
                    Matrix zeros = Matrix.allocate(ARENA, 2, dim);
                    for (int i = 0; i < 37; i++) {
                        assertThat(into.get(i + 2)).isEqualTo(expected.get(i));
                    }
                    assertThat(into.slice(0, 2).segment().mismatch(zeros.segment().asSlice(0, 2 * into.stride())))
                            .isEqualTo(-1);
                }
            }
        }
        float[] query = {1, 2, 3};
        Wire.decode(Wire.bytes(SearchCodec.encode(Wire.ALLOCATOR, 7, "cars", query, plain)), frame -> {
            SearchCodec.Search one = SearchCodec.decode(frame, LIMITS);
            Matrix into = Matrix.allocate(ARENA, 1, 3);
            RawBlocks.read(frame.bytes(), one.queriesAt(), 0, 1, into, 0);
            assertThat(into.get(0)).isEqualTo(query);
            return null;
        });
    }

    @Test
    void addThereAndBack() {
        long[] ids = {5, Long.MAX_VALUE, 0, 77};
        for (int dim : new int[] {1, 16, 33}) {
            for (UpsertRequest request : List.of(UpsertRequest.of(matrix(4, dim)), UpsertRequest.of(ids, matrix(4, dim)))) {
                byte[] bytes = Wire.bytes(AddCodec.encode(Wire.ALLOCATOR, 7, "c", request, 1, 3));
                for (int piece : new int[] {1, bytes.length}) {
                    UpsertRequest read = Wire.decode(bytes, piece, frame -> AddCodec.decode(frame, LIMITS).read(frame, ARENA));
                    assertThat(read.ids().isPresent()).isEqualTo(request.ids().isPresent());
                    read.ids().ifPresent(some -> assertThat(some).containsExactly(Long.MAX_VALUE, 0, 77));
                    for (int i = 0; i < 3; i++) {
                        assertThat(read.rows().get(i)).isEqualTo(request.rows().get(i + 1));
                    }
                }
            }
        }
    }

    @Test
    void resultThereAndBackAndUnknownBlocksAreSkipped() {
        Random random = new Random(3);
        SearchResult result = new SearchResult(300, 7, random.longs(2100).toArray(), new float[2100], 5);
        for (int i = 0; i < 2100; i++) {
            result.scores()[i] = random.nextFloat();
        }
        byte[] bytes = Wire.bytes(ResultCodec.encode(Wire.ALLOCATOR, 7, result));
        byte[] block = {9, 0, 0, 0, 3, 0, 0, 0, 1, 2, 3};
        byte[] more = Wire.withBody(bytes, Wire.join(Wire.body(bytes), block, block));
        more[40] = 3;
        for (byte[] frame : List.of(bytes, more)) {
            for (int piece : new int[] {frame.length, 4001, 100}) {
                SearchResult read = Wire.decode(frame, piece, ResultCodec::decode);
                assertThat(read.ids()).isEqualTo(result.ids());
                assertThat(read.scores()).isEqualTo(result.scores());
                assertThat(read.queries()).isEqualTo(300);
                assertThat(read.spaceVersion()).isEqualTo(5);
            }
        }
        // written in parts, in any order
        var parts = ResultCodec.begin(Wire.ALLOCATOR, 7, 300, 7, 5);
        for (int from : new int[] {200, 0, 100}) {
            ResultCodec.put(parts, 300, from, new SearchResult(100, 7, Arrays.copyOfRange(result.ids(), from * 7, from * 7 + 700),
                    Arrays.copyOfRange(result.scores(), from * 7, from * 7 + 700)));
        }
        assertThat(Wire.bytes(parts)).isEqualTo(bytes);
        byte[] older = Wire.withBody(bytes, Arrays.copyOf(Wire.body(bytes), Wire.body(bytes).length - 12));
        older[40] = 0;
        assertThat(Wire.decode(older, ResultCodec::decode).spaceVersion()).isEqualTo(1);
    }

    @Test
    void spacesAreSaidWhereThereAreOthersThanTheFirst() {
        CollectionInfo learned = INFO.with(List.of(new SpaceInfo(3, 12, "lda", Distance.L2), new SpaceInfo(1, 48, "none", Distance.COSINE)));
        List<CollectionInfo> infos = List.of(INFO, learned);
        byte[] bytes = Wire.bytes(CollectionsCodec.encode(Wire.ALLOCATOR, 7, infos));
        assertThat(Wire.decode(bytes, CollectionsCodec::decode)).isEqualTo(infos);
        byte[] plain = Wire.bytes(CollectionsCodec.encode(Wire.ALLOCATOR, 7, List.of(INFO)));
        byte[] one = Wire.bytes(CollectionsCodec.encode(Wire.ALLOCATOR, 7, List.of(learned)));
        assertThat(one).as("after all that older servers say").hasSize(plain.length + 2 + 12 + 3 + 12 + 4);
        assertThat(Wire.body(one)).startsWith(Wire.body(plain));
        refused(Wire.withBody(one, Arrays.copyOf(Wire.body(one), Wire.body(one).length - 1)), CollectionsCodec::decode, null);
    }

    @Test
    void everyTruncationAndEveryAdditionIsRefused() {
        messages().forEach((bytes, decode) -> {
            boolean maySayMore = bytes[4] == Opcode.HELLO.code();
            byte[] body = Wire.body(bytes);
            for (int length = 0; length < body.length; length++) {
                refused(Wire.withBody(bytes, Arrays.copyOf(body, length)), decode, null);
            }
            if (!maySayMore) {
                refused(Wire.withBody(bytes, Arrays.copyOf(body, body.length + 1)), decode, null);
            }
        });
    }

    @Test
    void garbageIsRefusedOrRead() {
        Random random = new Random(11);
        messages().forEach((bytes, decode) -> {
            byte[] body = Wire.body(bytes);
            for (int i = 0; i < 3000; i++) {
                byte[] changed = body.clone();
                for (int n = 1 + random.nextInt(4); n > 0; n--) {
                    changed[random.nextInt(changed.length)] = (byte) (random.nextBoolean() ? 0xFF : random.nextInt(256));
                }
                try {
                    Wire.decodeAlone(Wire.withBody(bytes, changed), decode);
                } catch (PerigeeException e) {
                    assertThat(e.getMessage()).isNotBlank();
                }
            }
        });
    }

    @Test
    void searchCountsThatLieAreRefusedBeforeMemoryIsTaken() {
        SearchRequest request = SearchRequest.nearest(10).withProbes(5);
        byte[] good = search(3, 20, request);
        changed(good, 32, 0, ErrorCode.LIMIT_EXCEEDED, "queries: 0");
        changed(good, 32, -1, ErrorCode.LIMIT_EXCEEDED, "queries: 4294967295");
        changed(good, 32, 65_537, ErrorCode.LIMIT_EXCEEDED, "queries: 65537");
        changed(good, 32, 4, ErrorCode.INVALID_ARGUMENT, "240 bytes");
        changed(good, 36, 0, ErrorCode.LIMIT_EXCEEDED, "dim: 0");
        changed(good, 36, Integer.MIN_VALUE, ErrorCode.LIMIT_EXCEEDED, "dim: 2147483648");
        changed(good, 36, 21, ErrorCode.INVALID_ARGUMENT, "240 bytes");
        changed(good, 40, 0, ErrorCode.LIMIT_EXCEEDED, "k: 0");
        changed(good, 40, 16_385, ErrorCode.LIMIT_EXCEEDED, "k: 16385");
        changed(good, 44, 64, ErrorCode.INVALID_ARGUMENT, "a block at 64");
        changed(good, 44, 129, ErrorCode.INVALID_ARGUMENT, "a block at 129");
        changed(good, 44, -64, ErrorCode.INVALID_ARGUMENT, "a block at 4294967232");
        changed(good, 48, 244, ErrorCode.INVALID_ARGUMENT, "244 bytes");
        changed(good, 52, 0xFFFF, ErrorCode.INVALID_ARGUMENT, "text of 65535 bytes");
        changed(good, 60, 3 | 4 << 16, ErrorCode.UNSUPPORTED, "tag 3");
        changed(good, 60, 999 | 4 << 16, ErrorCode.UNSUPPORTED, "tag 999");
        changed(good, 60, 1 | 3 << 16, ErrorCode.INVALID_ARGUMENT, "probes of 3 bytes");
        changed(good, 64, 0, ErrorCode.INVALID_ARGUMENT, "probes: 0");
        changed(good, 64, -1, ErrorCode.INVALID_ARGUMENT, "probes: 4294967295");
        byte[] twice = search(3, 20, request.withRefine(9));
        changed(twice, 68, 1 | 4 << 16, ErrorCode.INVALID_ARGUMENT, "probes twice");

        // each count is within its limit, but not the answer: 65,536 x 10,000 x 12 bytes are more than an int can say
        byte[] large = search(1, 1, SearchRequest.nearest(10));
        byte[] lie = patch(patch(patch(large, 32, 65_536), 40, 10_000), 48, 65_536 * 4);
        refused(lie, f -> SearchCodec.decode(f, LIMITS), ErrorCode.LIMIT_EXCEEDED, "answer: 7864320000 bytes");
    }

    @Test
    void addCountsThatLieAreRefused() {
        byte[] good = Wire.bytes(AddCodec.encode(Wire.ALLOCATOR, 7, "cars", UpsertRequest.of(new long[3], matrix(3, 20)), 0, 3));
        Function<Frame, Object> decode = frame -> AddCodec.decode(frame, LIMITS);
        refused(patch(good, 32, 0), decode, ErrorCode.INVALID_ARGUMENT, "rows: 0");
        refused(patch(good, 32, -1), decode, ErrorCode.INVALID_ARGUMENT, "expected 4294967295 rows");
        refused(patch(good, 36, 65_537), decode, ErrorCode.LIMIT_EXCEEDED, "dim: 65537");
        refused(patch(patch(good, 32, -1), 36, 65_536), decode, ErrorCode.INVALID_ARGUMENT, "expected 4294967295 rows");
        refused(patch(good, 48, 4), decode, ErrorCode.INVALID_ARGUMENT, "expected");
        refused(patch(good, 48, 4 | 2 << 16), decode, ErrorCode.UNSUPPORTED, "flags 2");
        refused(patch(good, 52, 1), decode, ErrorCode.INVALID_ARGUMENT, "reserved");
    }

    @Test
    void theyAgreeOnAVersionOrNot() {
        assertThat(new HelloCodec.Hello(1, 9).choose()).isEqualTo(1);
        assertThatThrownBy(() -> new HelloCodec.Hello(2, 9).choose()).hasMessageContaining("versions 2 to 9");
        assertThatThrownBy(() -> new Limits(1 << 20, 100, 10, 10, 1000, 99)).hasMessageContaining("credits: 99");
    }

    private static void changed(byte[] frame, int at, int value, ErrorCode code, String message) {
        refused(patch(frame, at, value), f -> SearchCodec.decode(f, LIMITS), code, message);
    }

    /** The frame with another u32; the body is not under the header's checksum. */
    private static byte[] patch(byte[] frame, int at, int value) {
        byte[] changed = frame.clone();
        ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
        return changed;
    }

    private static void refused(byte[] frame, Function<Frame, ?> decode, ErrorCode code, String... message) {
        Consumer<PerigeeException> right = e -> {
            if (code != null) {
                assertThat(e.code()).isEqualTo(code);
                assertThat(e).hasMessageContaining(message[0]);
            }
        };
        assertThatThrownBy(() -> Wire.decodeAlone(frame, decode)).isInstanceOfSatisfying(PerigeeException.class, right);
    }
}
