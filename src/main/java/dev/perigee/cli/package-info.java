/**
 * The command line: {@link dev.perigee.cli.Main} and one class per command. May import everything; nobody imports it. The
 * only package that knows picocli.
 */
package dev.perigee.cli;
