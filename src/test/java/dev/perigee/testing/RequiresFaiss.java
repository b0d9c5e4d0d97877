package dev.perigee.testing;

import dev.perigee.backend.Backends;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Skips tests, with the reason, where this build has no FAISS. */
@ExtendWith(RequiresFaiss.Condition.class)
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
public @interface RequiresFaiss {
    final class Condition implements ExecutionCondition {
        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            var faiss = Backends.faiss();
            return faiss.problem().isEmpty() ? ConditionEvaluationResult.enabled("FAISS " + faiss.place())
                    : ConditionEvaluationResult.disabled("no FAISS: " + faiss.problem());
        }
    }
}
