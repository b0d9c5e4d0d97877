package dev.perigee.compute.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.perigee.compute.Verification;
import dev.perigee.distance.Distance;
import dev.perigee.testing.RequiresCuda;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

@RequiresCuda
class CudaVerificationTest {
    @Test
    void everyCheckPasses() {
        assumeTrue(KernelModule.problem().isEmpty(), KernelModule.problem());
        try (CudaBackend backend = CudaBackend.open(CudaDriver.probe().chosen())) {
            for (Distance distance : Distance.values()) {
                assertThat(new SearchChecks(backend).exact(SeededRows.DENORMAL, distance, SearchChecks.SMALL.getFirst())).isOne();
            }
            List<Verification.Check> said = new ArrayList<>();
            List<Verification.Check> checks = backend.verification().orElseThrow().run(Verification.Scope.SMALL, said::add);
            assertThat(checks).isEqualTo(said).allSatisfy(
                    check -> assertThat(check.outcome()).as(check.toString()).isNotEqualTo(Verification.Check.Outcome.FAILED));
            assertThat(checks).extracting(Verification.Check::name).contains("ceilings", "select_k", "gemm_groupmin_streamed",
                    "exact_denormal_l2", "scalars_gaussian_cosine", "segments_cosine", "tiles_ip", "out_of_memory");
            Verification.Check product = checks.stream().filter(c -> c.name().equals("gemm_groupmin_small")).findFirst()
                    .orElseThrow();
            assertThat(product.figures().get("largest_sum_error_of_allowance")).isBetween(0.0, 1.0);
        }
    }
}
