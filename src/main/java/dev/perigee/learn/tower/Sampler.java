package dev.perigee.learn.tower;

import static dev.perigee.PerigeeException.check;

import dev.perigee.PerigeeException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which rows make a batch. */
public sealed interface Sampler {
    /** For help texts. */
    String FORMS = "classes:PxK, triplets:N, uniform:N, epochs:N";

    /** K members each of P classes with two or more; all members of smaller classes. */
    record Classes(int classes, int members) implements Sampler {
        public Classes {
            check(classes >= 2 && members >= 2, "sampler: %d classes x %d (expected 2 x 2 or more)", classes, members);
        }

        @Override
        public String spec() {
            return "classes:" + classes + "x" + members;
        }

        @Override
        public int batch() {
            return classes * members;
        }
    }

    /**
     * N anchors of classes with two or more, by chance, of each another row of its class, then of each a row of another class.
     */
    record DrawnTriplets(int count) implements Sampler {
        @Override
        public String spec() {
            return "triplets:" + count;
        }

        @Override
        public int batch() {
            return 3 * count;
        }
    }

    /** N different rows by chance. */
    record Uniform(int count) implements Sampler {
        @Override
        public String spec() {
            return "uniform:" + count;
        }

        @Override
        public int batch() {
            return count;
        }
    }

    /** The next N rows of all, in an order that changes after each pass. */
    record Epochs(int count) implements Sampler {
        @Override
        public String spec() {
            return "epochs:" + count;
        }

        @Override
        public int batch() {
            return count;
        }
    }

    /** As {@link #parse} reads it. */
    String spec();

    /** Most rows of a batch. */
    int batch();

    /** @throws PerigeeException INVALID_ARGUMENT for a text that is none of {@value #FORMS} */
    static Sampler parse(String text) {
        Matcher form = Pattern.compile("(classes|triplets|uniform|epochs):([0-9]{1,5})(?:x([0-9]{1,5}))?").matcher(text);
        check(form.matches() && (form.group(3) != null) == form.group(1).equals("classes"), "sampler: '%s' (expected one of %s)",
                text, FORMS);
        int count = Integer.parseInt(form.group(2));
        check(count >= 1, "sampler: '%s' (expected 1 row or more)", text);
        return switch (form.group(1)) {
            case "classes" -> new Classes(count, Integer.parseInt(form.group(3)));
            case "triplets" -> new DrawnTriplets(count);
            case "uniform" -> new Uniform(count);
            default -> new Epochs(count);
        };
    }
}
