/**
 * {@code bench peers}: engines in processes of their own ({@link dev.perigee.bench.peers.EngineProcess}) build and search the
 * same rows by turns; the harness judges every answer ({@link dev.perigee.bench.peers.Judge}) and draws the curves.
 */
package dev.perigee.bench.peers;
