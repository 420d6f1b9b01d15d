package dev.nearside.proxy.parity;

import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RespClient;
import dev.nearside.proxy.scene.Sidecar;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Two empty servers of one kind and the way to each: direct to both, which shows what differs
 * anyway, or through a sidecar of some {@link Shape} to the second.
 */
final class Arena implements AutoCloseable {
  private static final int REST_LOOKS = 20;

  private final RedisProgram program;
  private final Shape shape;
  private final Upstream direct;
  private final Upstream other;
  private final @Nullable Sidecar sidecar;
  private final @Nullable RespClient adviser;

  private Arena(
      RedisProgram program, Shape shape, Upstream direct, Upstream other, @Nullable Sidecar sidecar)
      throws IOException {
    this.program = program;
    this.shape = shape;
    this.direct = direct;
    this.other = other;
    this.sidecar = sidecar;
    boolean judged = other instanceof ClusterUpstream;
    this.adviser = judged ? RespClient.connect(direct.ports().getFirst()) : null;
  }

  /** Starts servers of that shape, and a sidecar in front of the second. */
  static Arena withSidecar(RedisProgram program, Shape shape) throws Exception {
    String[] serverArgs = settings(program);
    CompletableFuture<Upstream> starting =
        CompletableFuture.supplyAsync(() -> startedDirect(shape, program, serverArgs));
    Upstream other = shape.start(program, serverArgs);
    Upstream direct = starting.get();
    List<String> settings = new ArrayList<>(other.settings());
    settings.add("l1.admission-window=0s");
    Sidecar sidecar =
        Sidecar.inFrontOf(other.ports().getFirst(), settings.toArray(String[]::new)).awaitReady();
    return new Arena(program, shape, direct, other, sidecar);
  }

  private static Upstream startedDirect(Shape shape, RedisProgram program, String... serverArgs) {
    try {
      return shape.startDirect(program, serverArgs);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts two servers of that shape that are both spoken to directly. */
  static Arena withoutSidecar(RedisProgram program, Shape shape) throws IOException {
    Upstream one = shape.startDirect(program, settings(program));
    return new Arena(program, shape, one, shape.startDirect(program, settings(program)), null);
  }

  /** Hashes and sorted sets stay as they were written: in order. */
  private static String[] settings(RedisProgram program) throws IOException {
    List<String> settings =
        new ArrayList<>(
            List.of(
                "--hash-max-ziplist-value", "1000000",
                "--hash-max-ziplist-entries", "1000",
                "--zset-max-ziplist-value", "1000000",
                "--zset-max-ziplist-entries", "1000"));
    if (program.major() >= 7) {
      settings.addAll(List.of("--enable-debug-command", "yes"));
    }
    return settings.toArray(String[]::new);
  }

  RedisProgram program() {
    return program;
  }

  Shape shape() {
    return shape;
  }

  /** Connects nobody yet; clients come with the turns. */
  Duel duel(int patienceMs) throws IOException {
    return new Duel(
        this::connectDirect,
        this::connectOther,
        program.major(),
        patienceMs,
        adviser == null ? null : () -> new ClusterJudge(adviser));
  }

  private RespClient connectDirect() throws IOException {
    return RespClient.connect(direct.ports().getFirst());
  }

  private RespClient connectOther() throws IOException {
    return sidecar == null ? RespClient.connect(other.ports().getFirst()) : other.connect(sidecar);
  }

  /** Empties all servers. */
  void clear() throws IOException {
    List<Integer> ports = new ArrayList<>(other.ports());
    ports.addAll(direct.ports());
    for (int port : ports) {
      try (RespClient client = RespClient.connect(port)) {
        client.call("FLUSHALL");
        client.call("SCRIPT", "FLUSH");
        client.call("FUNCTION", "FLUSH");
      }
    }
  }

  /** Returns what DUMP says of one value of each type. */
  List<String> payloads() throws IOException {
    List<String> payloads = new ArrayList<>();
    try (RespClient client = connectDirect()) {
      client.call("SET", "string", "restored");
      client.call("SET", "integer", "41");
      client.call("RPUSH", "list", "a", "b", "1");
      client.call("HSET", "hash", "f1", "v", "f2", "2");
      client.call("ZADD", "zset", "1", "a", "2.5", "b");
      client.call("SADD", "set", "1", "2", "3");
      client.call("PFADD", "counted", "a", "b");
      for (String key : List.of("string", "integer", "list", "hash", "zset", "set", "counted")) {
        String dump = client.call("DUMP", key);
        int start = dump.indexOf('\n') + 1;
        payloads.add(dump.substring(start, dump.length() - 2));
      }
    }
    clear();
    return payloads;
  }

  /** Returns how many GET and MGET the sidecar has answered from memory; 0 without one. */
  long localReads() throws IOException {
    return reads("way=\"local\"");
  }

  /** Returns how many GET and MGET it has received. */
  long reads() throws IOException {
    return reads("");
  }

  private long reads(String label) throws IOException {
    return sidecar == null
        ? 0
        : (long)
            sidecar
                .get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("nearside_requests_total{"))
                .filter(line -> line.contains("\"get\"") || line.contains("\"mget\""))
                .filter(line -> line.contains(label))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
  }

  /**
   * Checks that nothing is under way in the sidecar once everything has been answered.
   *
   * @throws Difference if something is, and stays so
   */
  void checkAtRest() throws IOException {
    if (sidecar == null) {
      return;
    }
    double up = sidecar.metric("nearside_fences_up");
    for (int i = 0; i < REST_LOOKS && up != 0; i++) {
      up = sidecar.metric("nearside_fences_up");
    }
    if (up != 0) {
      throw new Difference("all was answered, and " + up + " fences are up");
    }
    checkKeys();
  }

  /** Checks that all keys of a cluster together are those of the one Redis. */
  private void checkKeys() throws IOException {
    if (adviser == null) {
      return;
    }
    byte[] together = new byte[0];
    for (int port : other.ports()) {
      try (RespClient node = RespClient.connect(port)) {
        together = KeysDigest.and(together, node.call("DEBUG", "DIGEST"));
      }
    }
    byte[] one = KeysDigest.and(new byte[0], adviser.call("DEBUG", "DIGEST"));
    if (!Arrays.equals(one, together)) {
      throw new Difference("all was answered, and the keys are not the same");
    }
  }

  @Override
  public void close() throws IOException {
    if (sidecar != null) {
      sidecar.close();
    }
    if (adviser != null) {
      adviser.close();
    }
    direct.close();
    other.close();
  }
}
