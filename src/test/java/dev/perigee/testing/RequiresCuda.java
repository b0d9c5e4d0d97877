package dev.perigee.testing;

import dev.perigee.backend.Backends;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Skips tests, with the reason, where there is neither a GPU nor the test double of a driver. */
@Tag("cuda")
@ExtendWith(RequiresCuda.Condition.class)
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
public @interface RequiresCuda {
    final class Condition implements ExecutionCondition {
        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            var gpus = Backends.gpus();
            return gpus.devices().isEmpty() ? ConditionEvaluationResult.disabled("no CUDA: " + gpus.problem())
                    : ConditionEvaluationResult.enabled("CUDA: " + gpus.devices());
        }
    }
}
