/**
 * Frames and messages of Perigee's binary protocol, version 1: bytes to and from the records of {@code api}, nothing
 * else. Start with {@link dev.perigee.protocol.Frame} and {@link dev.perigee.protocol.SearchCodec}. May import: vector,
 * distance, api, Netty. A decoded record does not hold a ByteBuf; who holds a {@code Frame} releases it.
 *
 * <p>All numbers are little-endian, all texts UTF-8. Offsets count from the start of the frame. A reserved field is 0
 * and anything else is refused.
 *
 * <h2>Header, 32 bytes</h2>
 * <table>
 * <tr><th>at</th><th>type</th><th>what</th></tr>
 * <tr><td>0</td><td>u32</td><td>length of the whole frame, this header included: 32 to max frame</td></tr>
 * <tr><td>4</td><td>u16</td><td>type: {@code Opcode}</td></tr>
 * <tr><td>6</td><td>u16</td><td>flags, reserved</td></tr>
 * <tr><td>8</td><td>u64</td><td>request id, chosen by the client, unlike any that is unanswered; 0 = the connection</td></tr>
 * <tr><td>16</td><td>u32</td><td>microseconds that the sender still waits; 0 = for ever</td></tr>
 * <tr><td>20</td><td>u32</td><td>reserved (for a collection's handle)</td></tr>
 * <tr><td>24</td><td>u32</td><td>CRC32C of bytes 0 to 23 and 28 to 31</td></tr>
 * <tr><td>28</td><td>u32</td><td>reserved</td></tr>
 * </table>
 * <p>A header that is wrong in any of this, a first frame that is not a HELLO with the magic, and a request id that is 0
 * or in use break the connection: ERROR with request 0, then close. Whatever is wrong in a body is answered with ERROR
 * for its request and changes nothing else.
 *
 * <h2>Conversation</h2>
 * <p>Every request but CANCEL gets exactly one final answer, in any order: the one below or ERROR. CANCEL carries the id
 * of the request to give up, which is then answered CANCELLED, or as usual if it was too late.
 * <table>
 * <tr><th>type</th><th>request</th><th>body</th><th>answer</th></tr>
 * <tr><td>1</td><td>HELLO</td><td>below</td><td>65 WELCOME</td></tr>
 * <tr><td>2</td><td>PING</td><td>none</td><td>66 PONG, none</td></tr>
 * <tr><td>3</td><td>CREATE</td><td>spec</td><td>67 DONE, none</td></tr>
 * <tr><td>4</td><td>ADD</td><td>below</td><td>68 ADDED: u64 rows now in the collection</td></tr>
 * <tr><td>5</td><td>BUILD</td><td>text name</td><td>69 PROGRESS (any number), then 67 DONE</td></tr>
 * <tr><td>6</td><td>SEARCH</td><td>below</td><td>70 RESULT</td></tr>
 * <tr><td>7</td><td>INFO</td><td>text name</td><td>71 COLLECTIONS with one entry</td></tr>
 * <tr><td>8</td><td>LIST</td><td>none</td><td>71 COLLECTIONS</td></tr>
 * <tr><td>9</td><td>DROP</td><td>text name</td><td>67 DONE</td></tr>
 * <tr><td>10</td><td>CANCEL</td><td>none</td><td>none</td></tr>
 * <tr><td>72</td><td></td><td>ERROR: u32 code ({@code ErrorCode}), text message of at most 4,096 bytes</td><td></td></tr>
 * <tr><td>73</td><td></td><td>GOAWAY: text reason. Requests that follow are answered UNAVAILABLE</td><td></td></tr>
 * </table>
 * <p><em>text</em> = u16 length in bytes, bytes. CREATE, ADD, BUILD and DROP of one connection happen in the order sent,
 * except that a BUILD, once begun, goes on beside what follows.
 *
 * <h2>Credits</h2>
 * <p>A SEARCH takes as many credits as it has queries, from when it is sent until its final answer comes. A connection
 * has the credits that WELCOME said, at least max queries; a SEARCH beyond them is answered LIMIT_EXCEEDED.
 *
 * <h2>HELLO and WELCOME</h2>
 * <table>
 * <tr><th>at</th><th>type</th><th>HELLO</th><th>WELCOME</th></tr>
 * <tr><td>32</td><td>u32</td><td>magic "PRGE"</td><td>magic "PRGE"</td></tr>
 * <tr><td>36</td><td>u16</td><td>lowest version spoken</td><td>version chosen</td></tr>
 * <tr><td>38</td><td>u16</td><td>highest version spoken</td><td>reserved</td></tr>
 * <tr><td>40</td><td>u32[6]</td><td>bytes from here on are skipped</td><td>{@code Limits}, in the record's order</td></tr>
 * </table>
 *
 * <h2>SEARCH</h2>
 * <table>
 * <tr><th>at</th><th>type</th><th>what</th></tr>
 * <tr><td>32</td><td>u32</td><td>rows: queries</td></tr>
 * <tr><td>36</td><td>u32</td><td>dim</td></tr>
 * <tr><td>40</td><td>u32</td><td>k</td></tr>
 * <tr><td>44</td><td>u32</td><td>v: where the queries start, the first multiple of 64 after the options</td></tr>
 * <tr><td>48</td><td>u32</td><td>bytes of the queries = rows x dim x 4</td></tr>
 * <tr><td>52</td><td>u16</td><td>n: bytes of the collection's name</td></tr>
 * <tr><td>54</td><td>u16</td><td>options</td></tr>
 * <tr><td>56</td><td>u8[n]</td><td>name</td></tr>
 * <tr><td>56+n</td><td></td><td>options, each u16 tag, u16 bytes, value. 1 = probes (u32), 2 = refine (u32); 3 and up are kept
 *     for filter, space, recall. An unknown tag is UNSUPPORTED, the same tag twice INVALID_ARGUMENT</td></tr>
 * <tr><td>v</td><td>f32[rows][dim]</td><td>queries, dense, to the end of the frame</td></tr>
 * </table>
 *
 * <h2>RESULT</h2>
 * <table>
 * <tr><th>at</th><th>type</th><th>what</th></tr>
 * <tr><td>32</td><td>u32</td><td>rows</td></tr>
 * <tr><td>36</td><td>u32</td><td>k</td></tr>
 * <tr><td>40</td><td>u32</td><td>blocks</td></tr>
 * <tr><td>44</td><td></td><td>reserved, to 64</td></tr>
 * <tr><td>64</td><td>i64[rows][k]</td><td>ids, nearest first; -1 = there was no further row</td></tr>
 * <tr><td></td><td>f32[rows][k]</td><td>scores</td></tr>
 * <tr><td></td><td></td><td>blocks, each u32 tag, u32 bytes, value. 1 = version of the space that answered (u32), 1 where there is
 *     no such block; room for recall, probes. A client skips a tag that it does not know</td></tr>
 * </table>
 *
 * <h2>ADD</h2>
 * <table>
 * <tr><th>at</th><th>type</th><th>what</th></tr>
 * <tr><td>32</td><td>u32</td><td>rows</td></tr>
 * <tr><td>36</td><td>u32</td><td>dim</td></tr>
 * <tr><td>40</td><td>u32</td><td>v: where the rows start, the first multiple of 64 after the name</td></tr>
 * <tr><td>44</td><td>u32</td><td>bytes of the rows = rows x dim x 4</td></tr>
 * <tr><td>48</td><td>u16</td><td>n: bytes of the collection's name</td></tr>
 * <tr><td>50</td><td>u16</td><td>flags: 1 = ids follow the rows; others are UNSUPPORTED</td></tr>
 * <tr><td>52</td><td>u32</td><td>reserved</td></tr>
 * <tr><td>56</td><td>u8[n]</td><td>name</td></tr>
 * <tr><td>v</td><td>f32[rows][dim]</td><td>rows, dense</td></tr>
 * <tr><td></td><td>i64[rows]</td><td>ids, if flagged, to the end of the frame</td></tr>
 * </table>
 *
 * <h2>Spec, COLLECTIONS, PROGRESS</h2>
 * <p><em>spec</em> = u32 dim, u16 distance (0 l2, 1 inner product, 2 cosine), u16 index ({@code IndexKind}), u32 lists, u32 pq-m,
 * u32 pq-bits, i64 seed, text name. COLLECTIONS = u32 count, then for each: spec, i64 rows, i64 indexed, i64 bytes, text
 * backend, text device; then, if one of them has another space than its rows as given in version 1, for each: u16 count of its
 * spaces, the one in service first, and for each of these u32 version, u32 dim, u16 distance, text method.
 * PROGRESS = i64 done, i64 total, text stage.
 */
package dev.perigee.protocol;
