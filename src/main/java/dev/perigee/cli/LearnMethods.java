package dev.perigee.cli;

import static dev.perigee.PerigeeException.check;

import dev.perigee.api.Progress;
import dev.perigee.evaluate.Labels;
import dev.perigee.index.TransformFile;
import dev.perigee.learn.transform.Fit;
import dev.perigee.learn.transform.Lda;
import dev.perigee.learn.transform.Mahalanobis;
import dev.perigee.learn.transform.Nca;
import dev.perigee.learn.transform.Pca;
import dev.perigee.learn.transform.Shrinkage;
import dev.perigee.learn.transform.Standardise;
import dev.perigee.learn.transform.UnitNorm;
import dev.perigee.learn.transform.WithinClass;
import dev.perigee.vector.Matrix;
import java.lang.foreign.Arena;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The methods of {@code learn fit}, by name, and the options that each takes. */
final class LearnMethods {
    /** What a method takes. */
    private enum Takes { LABELS, DIMS, SHRINK, STANDARDISE }

    /** What is asked of a method. */
    record Request(String method, Optional<Integer> dims, Optional<String> shrink, boolean standardise, HeadOptions head,
            Output output, Progress progress) {
    }

    /** What came of it, and what the user should know of it. */
    record Learned(TransformFile.Content content, List<String> warnings) {
    }

    @FunctionalInterface
    private interface Fitter {
        Fit fit(Matrix rows, int[] labels, Request request);
    }

    private record Method(Set<Takes> takes, Fitter fitter) {
    }

    private static final Map<String, Method> METHODS = new LinkedHashMap<>();

    static {
        add("standardise", EnumSet.noneOf(Takes.class), (rows, labels, request) -> Standardise.zScore(rows));
        add("minmax", EnumSet.noneOf(Takes.class), (rows, labels, request) -> Standardise.minMax(rows));
        add("robust", EnumSet.noneOf(Takes.class), (rows, labels, request) -> Standardise.robust(rows));
        add("unit", EnumSet.of(Takes.STANDARDISE), (rows, labels, request) -> UnitNorm.of(rows.dim()));
        add("pca", EnumSet.of(Takes.DIMS, Takes.STANDARDISE), (rows, labels, request) -> Pca.fit(rows, dims(request)));
        add("mahalanobis", EnumSet.of(Takes.SHRINK, Takes.STANDARDISE), (rows, labels, request) -> Mahalanobis.fit(rows,
                shrinkage(request)));
        add("rca", EnumSet.of(Takes.LABELS, Takes.SHRINK, Takes.STANDARDISE),
                (rows, labels, request) -> WithinClass.fit(rows, labels, shrinkage(request)));
        add("lda", EnumSet.allOf(Takes.class), (rows, labels, request) -> Lda.fit(rows, labels,
                request.dims.orElseGet(() -> Math.min(Labels.of(labels).classes() - 1, rows.dim())), shrinkage(request)));
        add("nca", EnumSet.of(Takes.LABELS, Takes.DIMS, Takes.STANDARDISE),
                (rows, labels, request) -> Nca.fit(rows, labels, dims(request), request.progress));
        add("head", EnumSet.of(Takes.LABELS, Takes.DIMS, Takes.STANDARDISE),
                (rows, labels, request) -> HeadFit.fit(request.head, rows, labels, request.dims, request.output, request.progress));
    }

    private LearnMethods() {
    }

    private static void add(String name, Set<Takes> takes, Fitter fitter) {
        METHODS.put(name, new Method(takes, fitter));
    }

    /** What is wrong with the options, before anything is read. */
    static Optional<String> wrongUse(Request request, boolean labels) {
        Method method = METHODS.get(request.method);
        if (method == null) {
            return Optional.of("method: '%s' (expected %s)".formatted(request.method, String.join(", ", METHODS.keySet())));
        }
        boolean needsDims = method.takes.contains(Takes.DIMS) && !List.of("lda", "head").contains(request.method);
        return needsDims && request.dims.isEmpty() ? Optional.of("%s needs --dims".formatted(request.method))
                : refused(labels, Takes.LABELS, "--labels", request)
                .or(() -> refused(request.dims.isPresent(), Takes.DIMS, "--dims", request))
                .or(() -> refused(request.shrink.isPresent(), Takes.SHRINK, "--shrink", request))
                .or(() -> refused(request.standardise, Takes.STANDARDISE, "--standardise", request));
    }

    private static Optional<String> refused(boolean given, Takes option, String name, Request request) {
        return given && !METHODS.get(request.method).takes.contains(option)
                ? Optional.of("%s takes no %s".formatted(request.method, name)) : Optional.empty();
    }

    /** Learns from rows [n, dim] and, where the method takes them, their labels. */
    static Learned fit(Request request, Matrix rows, Optional<Labels> labels) {
        Method method = METHODS.get(request.method);
        boolean supervised = method.takes.contains(Takes.LABELS);
        check(!supervised || labels.isPresent(),
                "labels: none (expected --labels, or a table with a column of them, which %s needs)", request.method);
        labels.filter(given -> supervised).ifPresent(Labels::requireTwoClasses); // here they still have their names
        int[] numbers = supervised ? labels.get().numbers() : new int[0];
        Fit fit;
        if (request.standardise) {
            Fit first = Standardise.zScore(rows);
            try (Arena arena = Arena.ofShared()) {
                Matrix standard = Matrix.allocate(arena, rows.rows(), rows.dim());
                first.transform().apply(rows, standard);
                fit = method.fitter.fit(standard, numbers, request).after(first);
            }
        } else {
            fit = method.fitter.fit(rows, numbers, request);
        }
        return new Learned(new TransformFile.Content(fit.transform(), fit.facts()), fit.warnings());
    }

    private static int dims(Request request) {
        return request.dims.orElseThrow();
    }

    private static Shrinkage shrinkage(Request request) {
        return Shrinkage.parse(request.shrink.orElse("ledoit-wolf"));
    }
}
