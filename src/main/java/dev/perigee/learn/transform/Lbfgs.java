package dev.perigee.learn.transform;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * Minimises a smooth function: J. Nocedal, Updating quasi-Newton matrices with limited storage, 1980. A step is halved until
 * the function falls enough (L. Armijo, 1966); steps along which the slope does not rise are not remembered.
 */
final class Lbfgs {
    private static final int MEMORY = 10;
    private static final double ENOUGH = 1e-4;
    private static final int HALVINGS = 30;

    /** What is minimised. */
    interface Function {
        /** The value at {@code x}; writes the gradient there. */
        double at(double[] x, double[] gradient);
    }

    /** Hears of each iteration, from 1 on. */
    interface Listener {
        void iteration(int number, double value);
    }

    /** Where it ended. */
    record Minimum(double[] x, double value, int iterations) {
    }

    /** One remembered step and how the gradient changed along it. */
    private record Pair(double[] step, double[] change, double product) {
    }

    private Lbfgs() {
    }

    /** From {@code start} until the value falls by less than {@code tolerance} of itself, or that many iterations. */
    static Minimum minimise(Function function, double[] start, int iterations, double tolerance, Listener listener) {
        double[] x = start.clone();
        double[] gradient = new double[x.length];
        double value = function.at(x, gradient);
        Deque<Pair> pairs = new ArrayDeque<>();
        int n = 0;
        while (n < iterations) {
            double[] direction = direction(gradient, pairs);
            double slope = dot(direction, gradient);
            if (!(slope < 0)) {
                break;
            }
            double step = pairs.isEmpty() ? 1 / Math.sqrt(-slope) : 1;
            double[] next = new double[x.length];
            double[] nextGradient = new double[x.length];
            double nextValue = Double.NaN;
            for (int halvings = 0; halvings < HALVINGS; halvings++, step /= 2) {
                for (int i = 0; i < x.length; i++) {
                    next[i] = x[i] + step * direction[i];
                }
                nextValue = function.at(next, nextGradient);
                if (nextValue <= value + ENOUGH * step * slope) {
                    break;
                }
            }
            if (!(nextValue < value)) {
                break;
            }
            remember(pairs, x, next, gradient, nextGradient);
            double fall = value - nextValue;
            x = next;
            gradient = nextGradient;
            value = nextValue;
            listener.iteration(++n, value);
            if (fall <= tolerance * Math.abs(value)) {
                break;
            }
        }
        return new Minimum(x, value, n);
    }

    /** Minus the inverse Hessian, as the remembered pairs tell of it, times the gradient: the two-loop recursion. */
    private static double[] direction(double[] gradient, Deque<Pair> pairs) {
        double[] q = new double[gradient.length];
        for (int i = 0; i < q.length; i++) {
            q[i] = -gradient[i];
        }
        double[] alphas = new double[pairs.size()];
        int k = alphas.length;
        for (Iterator<Pair> newest = pairs.descendingIterator(); newest.hasNext();) {
            Pair pair = newest.next();
            alphas[--k] = dot(pair.step, q) / pair.product;
            add(q, pair.change, -alphas[k]);
        }
        if (!pairs.isEmpty()) {
            Pair last = pairs.getLast();
            double scale = last.product / dot(last.change, last.change);
            for (int i = 0; i < q.length; i++) {
                q[i] *= scale;
            }
        }
        for (Pair pair : pairs) {
            double beta = dot(pair.change, q) / pair.product;
            add(q, pair.step, alphas[k++] - beta);
        }
        return q;
    }

    private static void remember(Deque<Pair> pairs, double[] x, double[] next, double[] gradient, double[] nextGradient) {
        double[] step = next.clone();
        add(step, x, -1);
        double[] change = nextGradient.clone();
        add(change, gradient, -1);
        double product = dot(step, change);
        if (product <= 1e-10 * dot(change, change)) {
            return;
        }
        if (pairs.size() == MEMORY) {
            pairs.removeFirst();
        }
        pairs.addLast(new Pair(step, change, product));
    }

    private static void add(double[] to, double[] from, double times) {
        for (int i = 0; i < to.length; i++) {
            to[i] += times * from[i];
        }
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
