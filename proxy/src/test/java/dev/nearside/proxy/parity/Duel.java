package dev.nearside.proxy.parity;

import dev.nearside.proxy.parity.Turn.Sending;
import dev.nearside.proxy.scene.RespClient;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Plays turns on two servers at once, and compares what they say. All replies of a turn have
 * arrived before the next one, so that both servers run the same commands in the same order. For
 * one thread.
 */
final class Duel implements AutoCloseable {
  private static final int REMEMBERED = 16;
  private static final int SHOWN = 600;
  private static final int WRITTEN_AT_ONCE = 32 * 1024;
  private static final int CUT_EVERYWHERE = 100;

  /** What nobody asked for: messages, invalidations, and what DEBUG PROTOCOL push says first. */
  private static final Pattern UNASKED =
      Pattern.compile(
          "^[>*][234]\r\n\\$\\d+\r\n(message|pmessage|smessage|invalidate|server-cpu-usage)\r\n");

  private final Way right;
  private final Way other;
  private final boolean shards;
  private final int patienceMs;
  private final @Nullable Judges judges;
  private final Map<Integer, Both> clients = new HashMap<>();
  private final Deque<String> recent = new ArrayDeque<>();
  private final Tally tally = new Tally();

  /**
   * @param right to the server that is right
   * @param other to the one that is to say the same
   * @param major of the Redis that answers
   * @param patienceMs how long a reply may take
   * @param judges of what may differ, one for each client; then messages need not be in step,
   *     either
   */
  Duel(Way right, Way other, int major, int patienceMs, @Nullable Judges judges) {
    this.right = right;
    this.other = other;
    this.shards = major >= 7;
    this.patienceMs = patienceMs;
    this.judges = judges;
  }

  /** Returns what has been sent and received so far. */
  Tally tally() {
    return tally;
  }

  /**
   * Plays one turn.
   *
   * @throws Difference if the servers do not say the same
   * @throws IOException if the server that is right says too little
   */
  void play(Turn turn) throws IOException {
    Deque<Runnable> ends = new ArrayDeque<>();
    Deque<Expected> owed = new ArrayDeque<>();
    for (Sending sending : turn.sendings()) {
      if (sending.commands().isEmpty()) {
        reconnect(sending.client());
      } else {
        owed.push(send(sending, ends));
      }
    }
    for (Expected expected : owed) {
      compare(expected);
    }
    ends.forEach(Runnable::run);
    tally.add(turn);
  }

  private void reconnect(int client) throws IOException {
    Both before = clients.remove(client);
    if (before != null) {
      tally.add(before.heard());
      before.close();
    }
    client(client);
  }

  private Both client(int number) throws IOException {
    Both both = clients.get(number);
    if (both == null) {
      both =
          new Both(
              right.connect().patience(patienceMs),
              other.connect().patience(patienceMs),
              new ClientState(shards),
              new ClientState(shards),
              judges == null ? (command, state) -> Verdict.same(command) : judges.another(),
              new Heard());
      clients.put(number, both);
    }
    return both;
  }

  private Expected send(Sending sending, Deque<Runnable> ends) throws IOException {
    Both both = client(sending.client());
    Expected expected = new Expected(both, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    StringBuilder direct = new StringBuilder();
    StringBuilder through = new StringBuilder();
    for (Command command : sending.commands()) {
      remember(sending.client() + ": " + command);
      Verdict verdict = both.judge().of(command, both.state());
      tally.add(verdict);
      direct.append(verdict.direct().wire());
      through.append(command.wire());
      expected.ofDirect().addAll(both.state().replies(verdict.direct(), verdict.ofDirect()));
      expected.ofThrough().addAll(both.other().replies(verdict.direct(), verdict.ofThrough()));
      while (expected.commands().size() < expected.ofDirect().size()) {
        expected.commands().add(command);
      }
    }
    if (both.state().isUnheard()) {
      throw new IOException("nobody hears when the end of the turn is executed" + last());
    }
    List<String> pieces = pieces(through.toString(), new SplittableRandom(sending.cuts()));
    tally.pieces(pieces.size());
    List<String> right = direct.compareTo(through) == 0 ? pieces : List.of(direct.toString());
    write(both.direct(), right, direct.length(), ends);
    write(both.through(), pieces, through.length(), ends);
    return expected;
  }

  /** Much is written by another thread, so that replies are read meanwhile. */
  private static void write(
      RespClient client, List<String> pieces, int length, Deque<Runnable> ends) throws IOException {
    if (length <= WRITTEN_AT_ONCE) {
      writeAll(client, pieces);
      return;
    }
    CompletableFuture<Void> written = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            writeAll(client, pieces);
          } catch (IOException e) {
            // the other side has closed: reading shows what it said before
          } finally {
            written.complete(null);
          }
        });
    ends.add(() -> await(written));
  }

  private static void await(CompletableFuture<Void> written) {
    try {
      written.get();
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void writeAll(RespClient client, List<String> pieces) throws IOException {
    for (String piece : pieces) {
      client.sendRaw(piece);
    }
  }

  private static List<String> pieces(String wire, SplittableRandom random) {
    if (wire.length() < CUT_EVERYWHERE && random.nextInt(10) == 0) {
      return List.of(wire.split("", -1));
    }
    List<String> pieces = new ArrayList<>();
    int cuts = random.nextInt(3) == 0 ? 0 : random.nextInt(1, 7);
    int from = 0;
    for (int to : random.ints(cuts, 0, wire.length() + 1).sorted().toArray()) {
      pieces.add(wire.substring(from, to));
      from = to;
    }
    pieces.add(wire.substring(from));
    pieces.removeIf(String::isEmpty);
    return pieces;
  }

  private void compare(Expected expected) throws IOException {
    List<String> direct = new ArrayList<>();
    List<String> through = new ArrayList<>();
    Both both = expected.both();
    try {
      read(both.direct(), expected.ofDirect(), direct, both.heard()::direct);
    } catch (IOException e) {
      throw new IOException(
          "the direct server said only %d replies of %d%s%s"
              .formatted(direct.size(), expected.ofDirect().size(), shown(direct), last()),
          e);
    }
    String failure = "";
    try {
      read(both.through(), expected.ofThrough(), through, both.heard()::through);
    } catch (IOException e) {
      failure = "(" + e + ")";
    }
    if (!direct.equals(through)) {
      throw difference(expected.commands(), direct, through, failure);
    }
    both.heard()
        .invented()
        .ifPresent(message -> {
          throw new Difference(
              "the direct server has not told " + Command.shown(message, SHOWN) + last());
        });
    tally.replies(direct.size());
    if (both.state().hasQuit() && !(both.direct().isClosed() && both.through().isClosed())) {
      throw new Difference("QUIT did not end both connections" + last());
    }
  }

  private void read(
      RespClient client,
      List<UnaryOperator<String>> masks,
      List<String> replies,
      Consumer<String> heard)
      throws IOException {
    for (UnaryOperator<String> mask : masks) {
      String reply = client.reply();
      for (; UNASKED.matcher(reply).find(); reply = client.reply()) {
        if (judges == null) {
          replies.add(reply);
        } else {
          heard.accept(reply);
        }
      }
      String told = judges == null ? reply : Elements.withoutPushes(reply, UNASKED, heard);
      replies.add(mask.apply(told));
    }
  }

  private Difference difference(
      List<Command> commands, List<String> direct, List<String> through, String failure) {
    int at = 0;
    int answered = 0;
    while (at < direct.size() && at < through.size() && direct.get(at).equals(through.get(at))) {
      answered += UNASKED.matcher(direct.get(at)).find() ? 0 : 1;
      at++;
    }
    String expected = at < direct.size() ? direct.get(at) : "nothing";
    String actual = at < through.size() ? through.get(at) : "nothing " + failure;
    return new Difference(
        "different replies to %s%n  direct:  %s%n  through: %s%s"
            .formatted(
                commands.get(Math.min(answered, commands.size() - 1)),
                Command.shown(expected, SHOWN),
                Command.shown(actual, SHOWN),
                last()));
  }

  private static String shown(List<String> replies) {
    StringBuilder shown = new StringBuilder();
    replies.forEach(reply -> shown.append("\n  ").append(Command.shown(reply, SHOWN)));
    return shown.toString();
  }

  private void remember(String command) {
    recent.add(command);
    if (recent.size() > REMEMBERED) {
      recent.remove();
    }
  }

  private String last() {
    return "\nafter, at last (client: bytes):\n  " + String.join("\n  ", recent);
  }

  @Override
  public void close() throws IOException {
    for (Both both : clients.values()) {
      both.close();
    }
    clients.clear();
  }

  /** How a client reaches a server. */
  interface Way {
    /** Connects another client. */
    RespClient connect() throws IOException;
  }

  /** Makes what judges the commands of one more client. */
  interface Judges {
    /** Returns one that knows nothing yet. */
    Judge another();
  }

  /**
   * One client, connected to both servers.
   *
   * @param other knows how many replies to expect as {@code state} does, and looks at them
   *     otherwise
   */
  private record Both(
      RespClient direct,
      RespClient through,
      ClientState state,
      ClientState other,
      Judge judge,
      Heard heard) {
    void close() throws IOException {
      direct.close();
      through.close();
    }
  }

  /** What has to come, one mask for each reply, and the commands that are answered by them. */
  private record Expected(
      Both both,
      List<UnaryOperator<String>> ofDirect,
      List<UnaryOperator<String>> ofThrough,
      List<Command> commands) {}
}
