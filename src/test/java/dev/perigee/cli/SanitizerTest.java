package dev.perigee.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.perigee.compute.Verification.Check;
import dev.perigee.compute.Verification.Check.Outcome;
import dev.perigee.testing.RequiresCuda;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SanitizerTest {
    @TempDir
    private Path folder;

    private Check run(String script) throws IOException {
        Path tool = Files.writeString(folder.resolve("compute-sanitizer"), "#!/bin/sh\n" + script);
        Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwx------"));
        return Sanitizer.run(List.of(folder.resolve("nowhere"), folder));
    }

    @Test
    void isSkippedWhereThereIsNone() {
        assertThat(Sanitizer.run(List.of(folder)).outcome()).isEqualTo(Outcome.SKIPPED);
    }

    @Test
    void errorsThatItFindsFail() throws IOException {
        Check check = run("echo \"$*\" | grep -q 'memcheck --report-api-errors no --error-exitcode 99 .*bench gpu --verify --scope small$' || exit 3\n"
                + "echo ERROR SUMMARY: 2 errors; exit 99\n");
        assertThat(check.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(check.detail()).isEqualTo("exit 99: ERROR SUMMARY: 2 errors");
        check = run("echo ERROR SUMMARY: 0 errors\n");
        assertThat(check.outcome()).isEqualTo(Outcome.PASSED);
        assertThat(check.detail()).isEqualTo("ERROR SUMMARY: 0 errors");
    }

    @Test
    @RequiresCuda
    void runsThisProgramOnceMore() throws IOException {
        Check check = run("shift 6; exec \"$@\"\n");
        assertThat(check.outcome()).as(check.detail()).isEqualTo(Outcome.PASSED);
        assertThat(check.detail()).contains("checks passed, 0 failed");
    }
}
