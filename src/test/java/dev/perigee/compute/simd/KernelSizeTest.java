package dev.perigee.compute.simd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.classfile.instruction.InvokeInstruction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A method that takes or returns vectors and is not inlined boxes them: ten to a hundred times slower, and only once its
 * branch is taken. Up to 35 bytecodes (MaxInlineSize) it is inlined wherever it stands.
 */
class KernelSizeTest {
    private static final int MAX_INLINE_SIZE = 35;
    private static final int FREQ_INLINE_SIZE = 325;

    @Test
    void helpersThatPassVectorsAreSmallEnoughToInline() throws Exception {
        List<String> passing = new ArrayList<>();
        List<String> tooLarge = new ArrayList<>();
        Path folder = Path.of(Lanes.class.getProtectionDomain().getCodeSource().getLocation().toURI())
                .resolve("dev/perigee/compute/simd");
        try (var files = Files.list(folder)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                inspect(ClassFile.of().parse(file), passing, tooLarge);
            }
        }
        assertThat(passing).as("methods that were looked at").hasSizeGreaterThan(3);
        assertThat(tooLarge).isEmpty();
    }

    /** Where a caller's budget of nodes is spent, methods of ours are called, whatever their size; those of the JDK demand it. */
    @Test
    void kernelsOfManyVectorsCallTheJdkAloneAndAreNotInlined() throws Exception {
        try (var in = SqSums.class.getResourceAsStream("SqSums.class")) {
            List<MethodModel> kernels = ClassFile.of().parse(in.readAllBytes()).methods().stream()
                    .filter(method -> !method.methodName().stringValue().startsWith("<")).toList();
            assertThat(kernels).hasSize(3).allSatisfy(kernel -> {
                CodeAttribute code = kernel.findAttribute(Attributes.code()).orElseThrow();
                assertThat(code.codeLength()).isGreaterThan(FREQ_INLINE_SIZE);
                assertThat(code.elementStream().filter(InvokeInstruction.class::isInstance).map(InvokeInstruction.class::cast)
                        .map(call -> call.owner().asInternalName())).isNotEmpty().noneMatch(name -> name.startsWith("dev/perigee"));
            });
        }
    }

    private static void inspect(ClassModel type, List<String> passing, List<String> tooLarge) throws IOException {
        for (MethodModel method : type.methods()) {
            if (!method.methodType().stringValue().matches(".*Ljdk/incubator/vector/[A-Za-z]+(Vector|Mask|Shuffle);.*")) {
                continue;
            }
            int size = method.findAttribute(Attributes.code()).map(CodeAttribute::codeLength).orElse(0);
            String name = type.thisClass().asInternalName() + "." + method.methodName().stringValue() + ": " + size;
            passing.add(name);
            if (size > MAX_INLINE_SIZE) {
                tooLarge.add(name);
            }
        }
    }
}
