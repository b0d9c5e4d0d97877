/**
 * Latency of searches through a server against the load it is offered: an open loop, in which a request is sent when its time
 * has come, whatever became of those before it.
 */
package dev.perigee.bench.load;
