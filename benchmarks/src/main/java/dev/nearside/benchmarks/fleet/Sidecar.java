package dev.nearside.benchmarks.fleet;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Queue;

/**
 * The tracked connection of one sidecar as Redis sees it: RESP3, tracking in default mode, reads,
 * heartbeats; it holds what it has read until Redis says that it changed. Confined to the fleet's
 * thread.
 */
final class Sidecar {
  private static final int[] NOTHING = {};
  private static final int CHUNK_KEYS = 25;
  private static final int VALUE_FRAME_BYTES = "$100\r\n".length() + 100 + "\r\n".length();
  private static final int PUSHED_AT = ">2\r\n$10\r\ninvalidate\r\n".length();
  private static final int PUSHED_KEY_AT = PUSHED_AT + "*1\r\n$10\r\n".length();
  private static final int PUSH_BYTES = PUSHED_KEY_AT + Keys.LENGTH + "\r\n".length();
  private static final int INITIAL_BYTES = 1 << 12;
  private static final byte[] HELLO = Keys.request("HELLO", "3");
  private static final byte[] TRACKING = Keys.request("CLIENT", "TRACKING", "ON");
  private static final byte[] PING = Keys.request("PING");

  /** What the next reply begins with, and how long it is at least. */
  record Reply(char type, int leastBytes) {
    static final Reply MAP = new Reply('%', 0);
    static final Reply LINE = new Reply('+', 0);
    static final Reply NUMBER = new Reply(':', 0);
    static final Reply VALUE = new Reply('$', VALUE_FRAME_BYTES);
  }

  private final SocketChannel channel;
  private final Fill fill;
  private int[] initial;
  private final BitSet held = new BitSet();
  private final Queue<Reply> awaited = new ArrayDeque<>();
  private byte[] in = new byte[INITIAL_BYTES];
  private int filled;
  private int heldCount;
  private int asked;
  private long pushes;

  private Sidecar(SocketChannel channel, int[] initial, Fill fill) {
    this.channel = channel;
    this.fill = fill;
    this.initial = initial;
  }

  /**
   * Connects to a loopback port, greets, and begins to read.
   *
   * @param initial the keys that it reads first
   * @param fill shared by the sidecars of a thread
   */
  static Sidecar open(int port, Selector selector, boolean tracks, int[] initial, Fill fill)
      throws IOException {
    SocketChannel channel =
        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.configureBlocking(false);
    Sidecar sidecar = new Sidecar(channel, initial, fill);
    channel.register(selector, SelectionKey.OP_READ, sidecar);
    sidecar.ask(HELLO, Reply.MAP);
    if (tracks) {
      sidecar.ask(TRACKING, Reply.LINE);
    }
    return sidecar;
  }

  /** Returns whether it has read all that it was to read first. */
  boolean isFilled() {
    return asked == initial.length && awaited.isEmpty();
  }

  boolean holds(int key) {
    return held.get(key);
  }

  int heldCount() {
    return heldCount;
  }

  /** Returns how many keys Redis has told it to forget. */
  long pushes() {
    return pushes;
  }

  void ping() throws IOException {
    ask(PING, Reply.LINE);
  }

  void ask(Question question) throws IOException {
    ask(question.request(), question.answer());
  }

  /** Reads a key as a fill does, GET and PTTL in one write, and holds it. */
  void fill(int key) throws IOException {
    ask(fill.of(key), Reply.VALUE);
    awaited.add(Reply.NUMBER);
    hold(key);
  }

  /**
   * Takes what has come.
   *
   * @param buffer where to read; its content is not needed afterwards
   * @throws IOException if Redis closed the connection
   * @throws IllegalStateException if it said something else than expected
   */
  void read(ByteBuffer buffer) throws IOException {
    buffer.clear();
    if (channel.read(buffer) < 0) {
      throw new IOException("Redis closed a connection of the fleet");
    }
    buffer.flip();
    append(buffer);
    int from = 0;
    for (int end = next(from); end != Frames.INCOMPLETE; end = next(from)) {
      take(from, end);
      from = end;
    }
    System.arraycopy(in, from, in, 0, filled - from);
    filled -= from;
    if (awaited.isEmpty() && asked < initial.length) {
      readChunk();
    } else if (isFilled()) {
      initial = NOTHING; // no longer needed, and there are many sidecars
      asked = 0;
    }
  }

  private int next(int from) {
    return from == filled ? Frames.INCOMPLETE : Frames.end(in, from, filled);
  }

  private void append(ByteBuffer buffer) {
    int needed = filled + buffer.remaining();
    if (needed > in.length) {
      in = Arrays.copyOf(in, Math.max(needed, 2 * in.length));
    }
    int length = buffer.remaining();
    buffer.get(in, filled, length);
    filled += length;
  }

  private void take(int from, int end) {
    if (in[from] == '>') {
      forget(from, end);
      return;
    }
    Reply expected = awaited.poll();
    if (expected == null || in[from] != expected.type() || end - from < expected.leastBytes()) {
      throw new IllegalStateException(
          "Redis answered " + new String(in, from, Math.min(end - from, 80), US_ASCII));
    }
  }

  private void forget(int from, int end) {
    if (in[from + PUSHED_AT] == '_') {
      held.clear();
      heldCount = 0;
    } else if (end - from == PUSH_BYTES) {
      int key = Keys.number(in, from + PUSHED_KEY_AT);
      if (held.get(key)) {
        held.clear(key);
        heldCount--;
      }
    } else {
      throw new IllegalStateException("a push of " + (end - from) + " bytes");
    }
    pushes++;
  }

  private void readChunk() throws IOException {
    int chunk = Math.min(CHUNK_KEYS, initial.length - asked);
    String[] words = new String[chunk + 1];
    words[0] = "MGET";
    for (int i = 0; i < chunk; i++) {
      words[i + 1] = Keys.read(initial[asked + i]);
      hold(initial[asked + i]);
    }
    asked += chunk;
    ask(Keys.request(words), new Reply('*', chunk * VALUE_FRAME_BYTES));
  }

  private void hold(int key) {
    if (!held.get(key)) {
      held.set(key);
      heldCount++;
    }
  }

  private void ask(byte[] request, Reply answer) throws IOException {
    ByteBuffer out = ByteBuffer.wrap(request);
    channel.write(out);
    if (out.hasRemaining()) {
      throw new IOException("Redis reads nothing more from a connection of the fleet");
    }
    awaited.add(answer);
  }

  void close() throws IOException {
    channel.close();
  }
}
