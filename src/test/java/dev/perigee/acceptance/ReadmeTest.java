package dev.perigee.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README says is so. Runs in the project's folder, as Maven does. */
class ReadmeTest {
    private static String readme() throws IOException {
        return Files.readString(Path.of("README.md"));
    }

    @Test
    void theExampleCompilesAndFindsTheImageItself(@TempDir Path classes) throws Exception {
        Matcher block = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(readme());
        assertThat(block.find()).isTrue();
        compile(block.group(1), classes);
        PrintStream out = System.out;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {classes.toUri().toURL()})) {
            var main = loader.loadClass("Example").getDeclaredMethod("main", String[].class);
            main.setAccessible(true);
            System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
            main.invoke(null, (Object) new String[0]);
        } finally {
            System.setOut(out);
        }
        assertThat(said.toString(StandardCharsets.UTF_8)).isEqualTo("nearest: id 0, squared distance 0.0" + System.lineSeparator());
    }

    private static void compile(String source, Path classes) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        JavaFileObject file = new SimpleJavaFileObject(URI.create("string:///Example.java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return source;
            }
        };
        List<String> options = List.of("-d", classes.toString(), "-classpath", System.getProperty("java.class.path"));
        assertThat(compiler.getTask(null, null, null, options, null, List.of(file)).call()).isTrue();
    }

    @Test
    void theFilesAndPackagesItNamesAreThere() throws IOException {
        Matcher names = Pattern.compile("\\]\\((docs/[^)]+)\\)|`((?:native|bench|src|docs)/[^`]*)`").matcher(readme());
        int found = 0;
        while (names.find()) {
            assertThat(Path.of(names.group(1) != null ? names.group(1) : names.group(2))).exists();
            found++;
        }
        assertThat(found).isGreaterThan(2);
        Path root = Path.of("src/main/java/dev/perigee");
        try (var folders = Files.walk(root)) {
            for (Path folder : folders.filter(Files::isDirectory).filter(f -> !f.equals(root)).toList()) {
                String name = root.relativize(folder).toString().replace('/', '.');
                assertThat(readme()).as("the package map has %s", name).containsPattern("[|,] ?" + Pattern.quote(name) + "[ ,]");
                assertThat(folder.resolve("package-info.java")).exists();
            }
        }
    }

    @Test
    void itIsShort() throws IOException {
        assertThat(readme().lines().count()).isLessThan(200);
    }
}
