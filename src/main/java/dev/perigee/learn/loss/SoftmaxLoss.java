package dev.perigee.learn.loss;

/** The plain softmax cross-entropy over {@code W x + b}. */
public record SoftmaxLoss() implements ClassLoss {
    @Override
    public String spec() {
        return "softmax";
    }

    @Override
    public double scale() {
        return 0;
    }

    @Override
    public double psi(double cosine) {
        return cosine;
    }

    @Override
    public double slope(double cosine) {
        return 1;
    }
}
