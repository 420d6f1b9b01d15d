package dev.nearside.proxy.scene;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Two fresh servers of the same kind, one spoken to directly and one through a sidecar: whatever is
 * sent goes to both, and what comes back must be the same, byte for byte.
 */
public final class Twins implements AutoCloseable {
  private final RedisServer direct;
  private final RedisServer behind;
  private final Sidecar sidecar;

  private Twins(RedisServer direct, RedisServer behind, Sidecar sidecar) {
    this.direct = direct;
    this.behind = behind;
    this.sidecar = sidecar;
  }

  /** Starts both and a sidecar that fills L1 on the first read of a key. */
  public static Twins start(String... serverArgs) throws IOException {
    return start(RedisProgram.preferred(), serverArgs);
  }

  /** As {@link #start(String...)}, of a program the caller chose. */
  public static Twins start(RedisProgram program, String... serverArgs) throws IOException {
    return of(RedisServer.start(program, serverArgs), RedisServer.start(program, serverArgs));
  }

  /**
   * Makes twins of two servers that the caller has started; they are closed with the twins.
   *
   * @param settings more settings of the sidecar, {@code key=value}
   */
  public static Twins of(RedisServer direct, RedisServer behind, String... settings)
      throws IOException {
    Twins twins = unready(direct, behind, settings);
    twins.sidecar.awaitReady();
    return twins;
  }

  /** As {@link #of}, with a sidecar whose L1 need not open. */
  public static Twins unready(RedisServer direct, RedisServer behind, String... settings)
      throws IOException {
    String[] all = Arrays.copyOf(settings, settings.length + 1);
    all[settings.length] = "l1.admission-window=0s";
    return new Twins(direct, behind, Sidecar.inFrontOf(behind.port(), all));
  }

  /** Returns the server that is spoken to directly. */
  public RedisServer direct() {
    return direct;
  }

  /** Returns the server behind the sidecar. */
  public RedisServer behind() {
    return behind;
  }

  /**
   * Starts a server with a limit of its own, one without, and a sidecar before the latter that has
   * the limit instead.
   *
   * @param serverArgs of the server that is spoken to directly
   * @param settings of the sidecar
   */
  public static Twins limited(RedisProgram program, List<String> serverArgs, String... settings)
      throws IOException {
    RedisServer direct = RedisServer.start(program, serverArgs.toArray(String[]::new));
    RedisServer behind = RedisServer.start(program);
    return new Twins(direct, behind, Sidecar.inFrontOf(behind.port(), settings).awaitReady());
  }

  /** Returns the port of the server that is spoken to directly. */
  public int directPort() {
    return direct.port();
  }

  /** Returns the sidecar. */
  public Sidecar sidecar() {
    return sidecar;
  }

  /** Hides the client's id in the reply of HELLO, and nothing else. */
  public static String withoutId(String helloReply) {
    return helloReply.replaceAll("\r\nid\r\n:\\d+", "\r\nid\r\n:#");
  }

  /** Connects a client to both. */
  public Pair connect() throws IOException {
    return new Pair(RespClient.connect(direct.port()), sidecar.connect());
  }

  /** Connects a client to both; to the sidecar at an address of this host that it listens on. */
  public Pair connectAt(InetAddress address) throws IOException {
    return new Pair(RespClient.connect(direct.port()), RespClient.connect(address, sidecar.port()));
  }

  /** Connects a client to both servers themselves: what it does is done elsewhere. */
  public Pair connectElsewhere() throws IOException {
    return new Pair(RespClient.connect(direct.port()), RespClient.connect(behind.port()));
  }

  /** Empties both servers and L1. */
  public void flush() throws IOException {
    try (Pair pair = connect()) {
      pair.call("FLUSHALL");
      pair.call("FUNCTION", "FLUSH");
    }
  }

  @Override
  public void close() {
    sidecar.close();
    direct.close();
    behind.close();
  }

  /**
   * What the two servers said to the same question.
   *
   * @param direct the server spoken to directly
   * @param through the server behind the sidecar
   */
  public record Told(String direct, String through) {
    /** Returns whether both said the same, and that is {@code content}. */
    public boolean bothSay(String content) {
      return direct.equals(content) && through.equals(content);
    }
  }

  /** One client, connected twice. */
  public static final class Pair implements AutoCloseable {
    private static final int SHOWN_BYTES = 200;
    private static final int REMEMBERED = 12;

    private final RespClient direct;
    private final RespClient through;
    private final Deque<String> recent = new ArrayDeque<>();

    Pair(RespClient direct, RespClient through) {
      this.direct = direct;
      this.through = through;
    }

    /** Sends one request to both. */
    public Pair send(String... args) throws IOException {
      remember(String.join(" ", args));
      direct.send(args);
      through.send(args);
      return this;
    }

    /** Sends each a request in which {@code {}} stands for what {@code told} has of its server. */
    public Pair sendEach(Told told, String... args) throws IOException {
      remember(String.join(" ", args));
      direct.send(filled(args, told.direct));
      through.send(filled(args, told.through));
      return this;
    }

    private static String[] filled(String[] args, String value) {
      return Arrays.stream(args).map(arg -> arg.replace("{}", value)).toArray(String[]::new);
    }

    /** Sends one request and returns the contents of both replies, which may differ. */
    public Told ask(String... args) throws IOException {
      return send(args).told();
    }

    /** Returns the contents of the next replies of both, which may differ. */
    public Told told() throws IOException {
      return new Told(content(direct.reply()), content(read()));
    }

    /** Returns what a reply is but for its type and length. */
    private static String content(String reply) {
      int body = reply.startsWith("$") || reply.startsWith("=") ? reply.indexOf("\r\n") + 2 : 1;
      return reply.substring(Math.min(body, reply.length() - 2), reply.length() - 2);
    }

    /** Returns whether either has something to read; what is there may be half a reply. */
    public boolean hasReply() throws IOException {
      return direct.hasBytes() || through.hasBytes();
    }

    /** Sends bytes as they are. */
    public Pair sendRaw(String bytes) throws IOException {
      remember(bytes);
      direct.sendRaw(bytes);
      through.sendRaw(bytes);
      return this;
    }

    /** Ends the sending side of both. */
    public void shutdownOutput() throws IOException {
      direct.shutdownOutput();
      through.shutdownOutput();
    }

    /** Sends one request and returns the reply that both gave. */
    public String call(String... args) throws IOException {
      return send(args).reply();
    }

    /** Returns the next reply, which is the same from both. */
    public String reply() throws IOException {
      return reply(UnaryOperator.identity());
    }

    /** Returns the next reply, the same from both but for what {@code mask} hides. */
    public String reply(UnaryOperator<String> mask) throws IOException {
      String expected = mask.apply(direct.reply());
      String actual = mask.apply(read());
      if (!actual.equals(expected)) {
        throw new AssertionError(
            "replies differ after the last of %s%n direct:  %s%n sidecar: %s"
                .formatted(recent, shown(expected), shown(actual)));
      }
      return expected;
    }

    private String read() throws IOException {
      try {
        return through.reply();
      } catch (IOException e) {
        throw new AssertionError("no reply of the sidecar after the last of " + recent, e);
      }
    }

    /** Returns the next {@code count} replies. */
    public List<String> replies(int count) throws IOException {
      List<String> replies = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        replies.add(reply());
      }
      return replies;
    }

    /** Asserts that both connections have ended without another byte. */
    public void assertClosed() throws IOException {
      assertThat(direct.isClosed()).as("direct is closed after %s", recent).isTrue();
      assertThat(through.isClosed()).as("the sidecar closed after %s", recent).isTrue();
    }

    private void remember(String request) {
      recent.add(shown(request));
      if (recent.size() > REMEMBERED) {
        recent.remove();
      }
    }

    private static String shown(String bytes) {
      String line = bytes.replace("\r", "\\r").replace("\n", "\\n");
      return line.length() <= SHOWN_BYTES
          ? line
          : line.substring(0, SHOWN_BYTES) + "… (" + line.length() + ")";
    }

    @Override
    public void close() throws IOException {
      direct.close();
      through.close();
    }
  }
}
