package dev.perigee.server;

import dev.perigee.protocol.Opcode;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Stands between a client and a server, notes the requests that pass, keeps answers back, and cuts connections. */
final class Relay implements AutoCloseable {
    /** Opcodes of the frames that went to the server, in order. */
    final List<Opcode> passed = new CopyOnWriteArrayList<>();
    /** Whether answers other than the welcome are thrown away. */
    volatile boolean keepsAnswers;
    private final ServerSocket listener;
    private final int serverPort;
    private final List<Socket> open = new CopyOnWriteArrayList<>();

    /** @param port to listen on, 0 = one that is free */
    Relay(int port, int serverPort) throws IOException {
        this.listener = new ServerSocket(port, 10, InetAddress.getLoopbackAddress());
        this.serverPort = serverPort;
        Thread.ofPlatform().daemon().start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    String address() {
        return "127.0.0.1:" + port();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
                open.addAll(List.of(client, server));
                Thread.ofPlatform().daemon().start(() -> pump(client, server, true));
                Thread.ofPlatform().daemon().start(() -> pump(server, client, false));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void pump(Socket from, Socket to, boolean toServer) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            while (true) {
                byte[] header = in.readNBytes(32);
                if (header.length < 32) {
                    break;
                }
                ByteBuffer fields = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
                int type = fields.getShort(4);
                byte[] body = in.readNBytes(fields.getInt(0) - 32);
                if (toServer) {
                    for (Opcode opcode : Opcode.values()) {
                        if (opcode.code() == type) {
                            passed.add(opcode);
                        }
                    }
                } else if (keepsAnswers && type != Opcode.WELCOME.code()) {
                    continue;
                }
                out.write(header);
                out.write(body);
            }
        } catch (IOException e) {
            // cut
        }
        close(from);
        close(to);
    }

    /** Ends all connections; new ones are accepted. */
    void cut() {
        open.forEach(Relay::close);
        open.clear();
    }

    private static void close(Closeable it) {
        try {
            it.close();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        close(listener);
        cut();
    }
}
