/**
 * Serves collections over the binary protocol. Start with {@link dev.perigee.server.Server}. May import: vector, distance,
 * api, collection, protocol, Netty.
 *
 * <h2>Threads</h2>
 * <table>
 * <tr><th>thread</th><th>does</th></tr>
 * <tr><td>perigee-io-*</td><td>event loops: read, decode, check, count credits, hand over; write answers. Never wait</td></tr>
 * <tr><td>perigee-search-*</td><td>{@code SearchWorkers}: take batches from the {@code SearchBatcher}s and search</td></tr>
 * <tr><td>perigee-work-*</td><td>create, add, info, list, drop: in order for each connection</td></tr>
 * <tr><td>perigee-build-*</td><td>one per collection that is being built</td></tr>
 * </table>
 * <p>A search goes from its event loop to a worker and back, no other hop; a single query that is the only request in the
 * server, in a collection where such queries took less than 100 us lately, is searched on the event loop itself, which
 * took 25 to 50 us off its way. Queries are copied once, from the socket's buffers to the searcher's memory, and an answer
 * is written once, to the buffer that is sent. No thread spins: on a busy 2-core virtual machine workers that did made single
 * queries slower, and callers that did no faster beyond the noise.
 *
 * <p>There (loopback, d = 128, k = 10) two blocking sockets that echo 600 bytes take 54 us, a PING through client and event
 * loop 70, a query that searches nothing, with the hop to a worker and back, 98 to 107. {@code perigee bench rpc} measures
 * what a search gets to feel of it.
 *
 * <h2>What is held, and by whom</h2>
 * <p>Before memory is taken, a request is checked against the limits, the connection's credits, and the bytes that may wait
 * in the server ({@code Admission}: the frame and its answer, until the answer is written to the socket). A client that
 * does not read its answers is not read from.
 */
package dev.perigee.server;
