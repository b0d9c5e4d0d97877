package dev.perigee.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.compute.cuda.Cublas.Precision;
import dev.perigee.distance.Distance;
import dev.perigee.testing.Products;
import dev.perigee.testing.RequiresCuda;
import dev.perigee.testing.Rows;
import dev.perigee.vector.Matrix;
import java.io.File;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With the driver's double this is the way to cuBLAS 13, through the forwarding library; the way to 12 is another process. */
@RequiresCuda
class CublasTest {
    private final Arena arena = Arena.ofShared();
    private CudaDevice device;
    private CudaStream stream;
    private Cublas cublas;

    @BeforeEach
    void open() {
        device = CudaDevice.open();
        stream = device.stream();
        cublas = CublasDouble.open(device, 13);
    }

    @AfterEach
    void close() {
        if (device != null) {
            device.close();
        }
        arena.close();
    }

    @ParameterizedTest
    @CsvSource({"1,1,1", "1,7,33", "5,1,64", "33,17,31", "64,40,127", "20,65,784", "3,4,1537"})
    void productsAreWithinTheirBound(int n, int m, int dim) {
        for (Rows kind : Rows.values()) {
            Matrix rows = kind.make(Distance.L2, n, dim, 1);
            Matrix weights = kind.make(Distance.L2, m, dim, 2);
            Products.assertWithinBound(rows, weights, multiply(cublas, rows, weights, Precision.FLOAT32), kind.name());
        }
    }

    private Matrix multiply(Cublas cublas, Matrix rows, Matrix weights, Precision precision) {
        Matrix into = Matrix.allocate(arena, rows.rows(), weights.rows());
        try (DeviceBuffer a = upload(rows); DeviceBuffer b = upload(weights); DeviceBuffer c = upload(into)) {
            cublas.multiply(DeviceMatrix.of(a, rows.rows(), rows.dim()), DeviceMatrix.of(b, weights.rows(), weights.dim()),
                    DeviceMatrix.of(c, rows.rows(), weights.rows()), precision, stream);
            c.download(0, into.segment(), stream);
            stream.synchronize();
        }
        return into;
    }

    private DeviceBuffer upload(Matrix matrix) {
        DeviceBuffer buffer = device.allocate(matrix.segment().byteSize(), Purpose.OTHER);
        buffer.upload(0, matrix.segment(), stream);
        return buffer;
    }

    @Test
    void partsOfBuffersAreMultipliedAndNothingElseIsWritten() {
        Matrix rows = Rows.GAUSSIAN.make(Distance.L2, 9, 20, 3);
        Matrix weights = Rows.GAUSSIAN.make(Distance.L2, 12, 20, 4);
        Matrix whole = multiply(cublas, rows, weights, Precision.FLOAT32);
        try (DeviceBuffer a = upload(rows); DeviceBuffer b = upload(weights);
                DeviceBuffer c = device.allocate(2048, Purpose.OTHER)) {
            c.fill(0, 2048, 0x7f7f7f7f, stream);
            cublas.multiply(new DeviceMatrix(a, 2 * rows.stride(), 5, 20, rows.stride()),
                    new DeviceMatrix(b, weights.stride(), 4, 20, 2 * weights.stride()),
                    new DeviceMatrix(c, 100, 5, 4, 36), Precision.FLOAT32, stream);
            MemorySegment back = arena.allocate(2048);
            c.download(0, back, stream);
            stream.synchronize();
            for (int at = 0; at < 2048; at += 4) {
                int row = Math.floorDiv(at - 100, 36);
                int column = Math.floorMod(at - 100, 36) / 4;
                if (row >= 0 && row < 5 && column < 4) {
                    assertThat(back.get(Matrix.FLOAT, at)).isCloseTo(whole.get(row + 2, 2 * column + 1), within(1e-4f));
                } else {
                    assertThat(back.get(ValueLayout.JAVA_INT, at)).as("byte %d", at).isEqualTo(0x7f7f7f7f);
                }
            }
        }
    }

    @Test
    void lessPrecisionOnlyWhereItIsAskedFor() {
        Matrix rows = Matrix.copyOf(arena, new float[] {1 + 0x1p-20f});
        Matrix weights = Matrix.copyOf(arena, new float[] {1});
        assertThat(multiply(cublas, rows, weights, Precision.FLOAT32).get(0, 0)).isEqualTo(1 + 0x1p-20f);
        assertThat(multiply(cublas, rows, weights, Precision.TF32).get(0, 0)).isBetween(1f, 1 + 0x1p-20f);
        assertThat(multiply(cublas, rows, weights, Precision.FLOAT32).get(0, 0)).isEqualTo(1 + 0x1p-20f);
    }

    @Test
    void wrongShapesAndClosedHandlesAreRefused() {
        DeviceBuffer buffer = device.allocate(1024, Purpose.OTHER);
        DeviceMatrix rows = DeviceMatrix.of(buffer, 4, 8);
        fails(ErrorCode.INVALID_ARGUMENT, "multiply: weights of dim 7 (expected 8, that of the rows)",
                () -> cublas.multiply(rows, DeviceMatrix.of(buffer, 4, 7), rows, Precision.FLOAT32, stream));
        fails(ErrorCode.INVALID_ARGUMENT, "multiply: into 4 x 5 (expected 4 x 4)",
                () -> cublas.multiply(rows, rows, DeviceMatrix.of(buffer, 4, 5), Precision.FLOAT32, stream));
        fails(ErrorCode.INVALID_ARGUMENT, "matrix: 1024 bytes", () -> DeviceMatrix.of(buffer, 33, 8));
        fails(ErrorCode.INVALID_ARGUMENT, "matrix: offset 2, stride 32", () -> new DeviceMatrix(buffer, 2, 1, 8, 32));
        cublas.multiply(DeviceMatrix.of(buffer, 0, 8), rows, DeviceMatrix.of(buffer, 0, 4), Precision.FLOAT32, stream);
        cublas.close();
        cublas.close();
        fails(ErrorCode.FAILED_PRECONDITION, "is closed",
                () -> cublas.multiply(rows, rows, DeviceMatrix.of(buffer, 4, 4), Precision.FLOAT32, stream));
    }

    private static void fails(ErrorCode code, String message, Runnable work) {
        assertThatThrownBy(work::run).isInstanceOfSatisfying(PerigeeException.class,
                e -> assertThat(e.code()).isEqualTo(code)).hasMessageContaining(message);
    }

    @Test
    void largeRowsGoSliceBySlice() {
        assumeTrue(KernelModule.problem().isEmpty(), KernelModule.problem());
        Matrix rows = Rows.WIDE_NORMS.make(Distance.L2, 101, 37, 7);
        Matrix weights = Rows.GAUSSIAN.make(Distance.L2, 45, 37, 8);
        Matrix into = Matrix.allocate(arena, 101, 45);
        try (Slots slots = new Slots(device, KernelModule.load(device)); Slots.Lease lease = slots.take()) {
            Multiplication.run(lease.slot(), Multiplication.by(cublas), rows, weights, into, 4096);
        }
        Products.assertWithinBound(rows, weights, into, "slices of ten rows");
    }

    @Test
    void manyCallersAtOnce() throws Exception {
        Matrix rows = Rows.GAUSSIAN.make(Distance.L2, 30, 40, 5);
        Matrix weights = Rows.GAUSSIAN.make(Distance.L2, 20, 40, 6);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Matrix>> products = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                products.add(threads.submit((Callable<Matrix>) () -> multiply(cublas, rows, weights, Precision.FLOAT32)));
            }
            for (Future<Matrix> product : products) {
                Products.assertWithinBound(rows, weights, product.get(), "one of many");
            }
        }
    }

    @Test
    void saysWhatItIs() {
        assertThat(cublas.version()).matches("cuBLAS 1[23]\\.\\d+\\.\\d+");
        if (device.name().contains("test double")) {
            assertThat(cublas.version()).isEqualTo("cuBLAS 13.1.0");
            CublasLibrary other = CublasDouble.require(device, 12);
            fails(ErrorCode.UNAVAILABLE, CublasDouble.IN_USE, () -> Cublas.open(device, other));
        }
    }

    @Test
    void version12IsUsedWithoutTheForwarder() throws Exception {
        assumeTrue(device.name().contains("test double"), "a GPU has the cuBLAS that it has");
        CublasDouble.require(12);
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "--add-modules", "jdk.incubator.vector", "-XX:-UsePerfData", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Twelve.class.getName()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said.strip()).endsWith("cuBLAS 12.1.0: 11.0");
        assertThat(said).doesNotContain(File.separator + "perigee-cublas" + File.separator);
    }

    /** The process of that test. */
    static final class Twelve {
        private Twelve() {
        }

        public static void main(String[] arguments) throws Exception {
            CublasTest test = new CublasTest();
            test.device = CudaDevice.open();
            test.stream = test.device.stream();
            test.cublas = CublasDouble.open(test.device, 12);
            Matrix product = test.multiply(test.cublas, Matrix.copyOf(test.arena, new float[] {1, 2}),
                    Matrix.copyOf(test.arena, new float[] {3, 4}), Precision.FLOAT32);
            Files.readAllLines(Path.of("/proc/self/maps")).stream().filter(line -> line.contains("cublas"))
                    .forEach(System.out::println);
            System.out.println(test.cublas.version() + ": " + product.get(0, 0));
            test.close();
        }
    }
}
