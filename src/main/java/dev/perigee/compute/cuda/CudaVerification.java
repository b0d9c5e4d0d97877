package dev.perigee.compute.cuda;

import dev.perigee.compute.Verification;
import java.util.List;
import java.util.function.Consumer;
final class CudaVerification implements Verification {
    CudaVerification(CudaBackend backend) { }
    @Override
    public List<Check> run(Scope scope, Consumer<Check> each) { return List.of(); }
}
