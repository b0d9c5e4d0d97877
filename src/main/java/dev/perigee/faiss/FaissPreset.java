package dev.perigee.faiss;

import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/** Tells JavaCPP how {@code native/faiss/perigee_faiss.h} becomes the other classes of this package. */
@Properties(value = @Platform(value = "linux", compiler = "cpp17", include = "perigee_faiss.h", library = "jniperigeefaiss"),
        target = "dev.perigee.faiss", global = "dev.perigee.faiss.Faiss")
public class FaissPreset implements InfoMapper {
    @Override
    public void map(InfoMap names) {
        names.put(new Info("PERIGEE_PARSE").define())
                .put(new Info("faiss::Index").pointerTypes("FaissIndex")) // JavaCPP has an annotation Index
                .put(new Info("faiss::MetricType").valueTypes("@Cast(\"faiss::MetricType\") int"));
    }
}
