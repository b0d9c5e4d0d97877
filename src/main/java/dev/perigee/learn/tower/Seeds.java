package dev.perigee.learn.tower;

import java.util.SplittableRandom;

/** Chance that depends on a seed and a place alone, so that training goes on from any step as if it had never stopped. */
final class Seeds {
    private Seeds() {
    }

    /** @param place such as what for, which step, which row */
    static SplittableRandom at(long seed, long... place) {
        long mixed = mix(seed);
        for (long number : place) {
            mixed = mix(mixed ^ number * 0x9E3779B97F4A7C15L);
        }
        return new SplittableRandom(mixed);
    }

    /** The finaliser of MurmurHash3: neighbouring numbers become unlike ones. */
    private static long mix(long x) {
        x = (x ^ x >>> 33) * 0xFF51AFD7ED558CCDL;
        x = (x ^ x >>> 33) * 0xC4CEB9FE1A85EC53L;
        return x ^ x >>> 33;
    }
}
