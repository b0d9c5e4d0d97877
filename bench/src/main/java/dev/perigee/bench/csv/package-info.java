/** Lines of CSV files, for all benchmarks that keep their results so. */
package dev.perigee.bench.csv;
