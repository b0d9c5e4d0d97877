/**
 * Speaks to a server over the binary protocol. Start with {@link dev.perigee.client.Client}. May import: vector, distance,
 * api, protocol, Netty.
 *
 * <p>{@code Client} encodes on the caller's thread and hands {@code Call}s to the {@code Link}, which lives on one event loop:
 * it counts credits and requests in flight, sends, completes, watches deadlines and reconnects. {@code Connector} makes its
 * connections. {@code SplitSearch} and {@code SplitAdd} cut what is too large for one frame.
 */
package dev.perigee.client;
