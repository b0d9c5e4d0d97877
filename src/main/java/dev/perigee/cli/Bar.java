package dev.perigee.cli;

import dev.perigee.api.Progress;
import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows how far long work is on standard error: a bar with rate and time left on a terminal, plain lines elsewhere. Ctrl-C
 * gives the work up, and the process ends when what was half made is gone.
 */
final class Bar implements Progress, AutoCloseable {
    private static final long LINE_NANOS = 2_000_000_000L;

    private final PrintStream err = System.err;
    private final boolean terminal;
    private final CountDownLatch over = new CountDownLatch(1);
    private final Thread hook = new Thread(this::interrupt);
    private volatile boolean wanted = true;
    private String stage = "";
    private ProgressBar bar;
    private long started;
    private long said;
    private long last = -1;

    Bar() {
        this.terminal = Boolean.getBoolean("perigee.terminal");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    @Override
    public boolean at(String name, long done, long total) {
        if (!name.equals(stage)) {
            end();
            stage = name;
            started = System.nanoTime();
            said = started;
            last = -1;
            if (terminal) {
                bar = new ProgressBarBuilder().setTaskName(name).setInitialMax(total).setStyle(ProgressBarStyle.ASCII)
                        .showSpeed().setUpdateIntervalMillis(200).build();
            }
        }
        if (bar != null) {
            bar.stepTo(done);
        } else if (!terminal && last != done && (done == total || System.nanoTime() - said > LINE_NANOS)) {
            line(done, total);
            last = done;
        }
        return wanted;
    }

    private void line(long done, long total) {
        said = System.nanoTime();
        double seconds = (said - started) * 1e-9;
        String rate = seconds > 0 ? String.format(Locale.ROOT, ", %.0f/s", done / seconds) : "";
        String of = total < 0 ? "" : " of " + total;
        String left = total < 0 ? "" : done == total ? String.format(Locale.ROOT, ", took %.1f s", seconds)
                : done > 0 ? String.format(Locale.ROOT, ", %.0f s left", seconds * (total - done) / done) : "";
        err.printf(Locale.ROOT, "%s: %d%s%s%s%n", stage, done, of, rate, left);
    }

    private void end() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }

    /**
     * Runs when the JVM is told to end: asks the work to stop and waits until it has cleaned up. Not until its thread has ended,
     * which cannot: it will call System.exit, and that waits for this hook.
     */
    private void interrupt() {
        wanted = false;
        try {
            over.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        end();
        over.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the JVM is ending, and the hook is waiting for this thread
        }
    }
}
