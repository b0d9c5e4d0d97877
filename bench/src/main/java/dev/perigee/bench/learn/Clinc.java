package dev.perigee.bench.learn;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;

/**
 * The questions of CLINC150, each with what its asker intends (Larson et al. 2019): those of train, val and test, in this order;
 * the questions out of scope are left out.
 *
 * @param texts   22,500 in the whole data set
 * @param labels  of each text, its place in {@code intents}
 * @param intents 150 names, sorted
 */
record Clinc(List<String> texts, int[] labels, List<String> intents) {
    private static final List<String> PARTS = List.of("train", "val", "test");

    static Clinc read(Path file) {
        List<List<String[]>> parts = new ArrayList<>();
        PARTS.forEach(part -> parts.add(new ArrayList<>()));
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file)); JsonParser json = new JsonFactory()
                .createParser(in)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                int part = PARTS.indexOf(json.currentName());
                json.nextToken();
                if (part < 0) {
                    json.skipChildren();
                    continue;
                }
                while (json.nextToken() == JsonToken.START_ARRAY) {
                    parts.get(part).add(new String[] {json.nextTextValue(), json.nextTextValue()});
                    json.nextToken();
                }
            }
        } catch (IOException e) {
            throw new PerigeeException(ErrorCode.CORRUPT_FILE, "clinc150: %s (file '%s')".formatted(e.getMessage(), file), e);
        }
        List<String[]> all = parts.stream().flatMap(List::stream).toList();
        List<String> intents = List.copyOf(all.stream().map(pair -> pair[1]).collect(
                java.util.stream.Collectors.toCollection(TreeSet::new)));
        return new Clinc(all.stream().map(pair -> pair[0]).toList(),
                all.stream().mapToInt(pair -> java.util.Collections.binarySearch(intents, pair[1])).toArray(), intents);
    }
}
