package dev.nearside.proxy.parity;

import dev.nearside.proxy.scene.RedisCluster;
import dev.nearside.proxy.scene.RespClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Tells of a client's commands which a cluster answers otherwise than one Redis, and how. Where the
 * keys of a command are is asked of a Redis that is no part of a cluster.
 */
final class ClusterJudge implements Judge {
  /** What it tells of; the others show in no stream, or not in replies. */
  static final Set<ClusterDifference> FORETOLD =
      EnumSet.of(
          ClusterDifference.CROSS_SLOT,
          ClusterDifference.ONE_SLOT_TRANSACTION,
          ClusterDifference.NOT_QUEUED,
          ClusterDifference.ONE_DATABASE,
          ClusterDifference.SORT_BY_KEYS,
          ClusterDifference.SCAN_CURSORS,
          ClusterDifference.ONE_NODE,
          ClusterDifference.RECEIVERS,
          ClusterDifference.CLUSTER_COMMANDS,
          ClusterDifference.EVERY_REPLY);

  private static final Set<String> SPLIT =
      Set.of("MGET", "MSET", "DEL", "UNLINK", "EXISTS", "TOUCH");
  private static final Set<String> NOT_QUEUED =
      Set.of(
          "SUBSCRIBE",
          "UNSUBSCRIBE",
          "PSUBSCRIBE",
          "PUNSUBSCRIBE",
          "SSUBSCRIBE",
          "SUNSUBSCRIBE",
          "HELLO",
          "AUTH",
          "SCAN",
          "DBSIZE",
          "KEYS",
          "FLUSHALL",
          "FLUSHDB",
          "CLUSTER",
          "READONLY",
          "READWRITE",
          "ASKING");
  private static final Set<String> NOT_QUEUED_SUBCOMMANDS =
      Set.of(
          "SCRIPT LOAD",
          "SCRIPT FLUSH",
          "FUNCTION LOAD",
          "FUNCTION DELETE",
          "FUNCTION FLUSH",
          "FUNCTION RESTORE");
  private static final Set<String> QUEUED_OF_CLIENT =
      Set.of(
          "GETNAME",
          "GETREDIR",
          "HELP",
          "KILL",
          "LIST",
          "PAUSE",
          "REPLY",
          "TRACKINGINFO",
          "UNBLOCK",
          "UNPAUSE");

  /** Longer requests are passed on as they come. */
  private static final int LARGE = 64 * 1024;

  /** Refused at once; a transaction that it is said in fails. */
  private static final Command REFUSED_AT_ONCE = Command.of("REFUSED.THROUGH.THE.SIDECAR");

  /** Executed to no effect: what is refused where it is executed can be queued. */
  private static final Command REFUSED_LATER = Command.of("PING");

  private static final Command EXEC_REFUSED = Command.of("EXEC", "refused");
  private static final Pattern CROSS_SLOT =
      exactly("CROSSSLOT Keys in request don't hash to the same slot");

  private final RespClient adviser;
  private final Set<Integer> queuedSlots = new HashSet<>();
  private int watchedNode = -1;
  private int transactionNode = -1;

  /**
   * @param adviser connected to a Redis that says which arguments are keys
   */
  ClusterJudge(RespClient adviser) {
    this.adviser = adviser;
  }

  private static Pattern exactly(String error) {
    return Pattern.compile(Pattern.quote("-" + error + "\r\n"));
  }

  @Override
  public Verdict of(Command command, ClientState state) throws IOException {
    if (command.args().isEmpty() || state.hasQuit()) {
      return Verdict.same(command);
    }
    if (state.onlySubscribes() && !command.name().equals("RESET")) {
      return Verdict.same(command); // and refused, or about its subscriptions
    }
    Verdict verdict = state.inTransaction() ? ofQueued(command) : ofPlain(command);
    note(command, state);
    return verdict;
  }

  private void note(Command command, ClientState state) {
    boolean alone = command.args().size() == 1;
    boolean ends =
        switch (command.name()) {
          case "EXEC" -> state.inTransaction();
          case "DISCARD" -> state.inTransaction() && alone;
          case "RESET" -> alone;
          default -> false;
        };
    if (ends || (command.name().equals("UNWATCH") && alone && !state.inTransaction())) {
      watchedNode = -1;
      transactionNode = -1;
      queuedSlots.clear();
    }
    if (command.name().equals("MULTI") && !state.inTransaction()) {
      transactionNode = watchedNode;
      queuedSlots.clear();
    }
  }

  private Verdict ofPlain(Command command) throws IOException {
    List<Integer> slots = slots(command);
    if (slots.size() > 1 && !isSplit(command)) {
      return Verdict.refused(ClusterDifference.CROSS_SLOT, REFUSED_AT_ONCE, CROSS_SLOT);
    }
    if (command.name().equals("WATCH") && !slots.isEmpty()) {
      int node = ClusterUpstream.nodeOf(slots.getFirst());
      if (watchedNode >= 0 && watchedNode != node) {
        return Verdict.refused(ClusterDifference.ONE_SLOT_TRANSACTION, REFUSED_AT_ONCE, CROSS_SLOT);
      }
      watchedNode = node;
    }
    return ofAny(command);
  }

  /** Only pairs can be taken apart, and only what is not passed on as it comes. */
  private static boolean isSplit(Command command) {
    boolean odd = command.name().equals("MSET") && command.args().size() % 2 == 0;
    boolean large = command.wire().length() > LARGE;
    return SPLIT.contains(command.name()) && !odd && !large;
  }

  private Verdict ofQueued(Command command) throws IOException {
    if (command.name().equals("WATCH")) {
      return Verdict.same(command);
    }
    if (command.name().equals("CLIENT") && command.word(1).matches("CACHING|REPLY")) {
      return clientInTransaction(command);
    }
    boolean isOfConnection =
        command.name().equals("CLIENT") && !QUEUED_OF_CLIENT.contains(command.word(1));
    if (isOfConnection
        || NOT_QUEUED.contains(command.name())
        || NOT_QUEUED_SUBCOMMANDS.contains(command.name() + " " + command.word(1))) {
      return Verdict.refused(
          ClusterDifference.NOT_QUEUED,
          REFUSED_AT_ONCE,
          Pattern.compile(
              "-ERR Nearside does not queue .* in front of a cluster, where it would be for one"
                  + " node\r\n"));
    }
    if (command.name().equals("EXEC") && command.args().size() == 1 && queuedSlots.size() > 1) {
      return Verdict.refused(
          ClusterDifference.ONE_SLOT_TRANSACTION,
          EXEC_REFUSED,
          Pattern.compile("-(CROSSSLOT|EXECABORT) .*\r\n"));
    }
    List<Integer> slots = slots(command);
    if (!slots.isEmpty()) {
      int node = ClusterUpstream.nodeOf(slots.getFirst());
      transactionNode = transactionNode < 0 ? node : transactionNode;
      if (slots.size() > 1 || node != transactionNode) {
        return Verdict.refused(ClusterDifference.ONE_SLOT_TRANSACTION, REFUSED_AT_ONCE, CROSS_SLOT);
      }
      queuedSlots.add(slots.getFirst());
    }
    return ofAny(command);
  }

  private static Verdict ofAny(Command command) {
    return switch (command.name()) {
      case "SELECT" -> select(command);
      case "SWAPDB", "MOVE" ->
          command.args().size() == 3
              ? databases(command.name() + " is not allowed in cluster mode")
              : Verdict.same(command);
      case "COPY" ->
          namesDatabase(command)
              ? databases("Copying to another database is not allowed in cluster mode")
              : Verdict.same(command);
      case "SORT", "SORT_RO" -> sort(command);
      case "CLIENT" -> client(command);
      case "SCAN" -> masked(ClusterDifference.SCAN_CURSORS, command, "");
      case "PUBLISH", "SPUBLISH" ->
          Verdict.masked(
              ClusterDifference.RECEIVERS, command, reply -> reply.replaceFirst("^:\\d+", ":#"));
      case "PUBSUB", "DEBUG" -> masked(ClusterDifference.ONE_NODE, command, "");
      case "HELLO" -> hello(command);
      case "READONLY", "READWRITE", "ASKING", "CLUSTER" ->
          masked(ClusterDifference.CLUSTER_COMMANDS, command, "-ERR This instance has cluster");
      default -> Verdict.same(command);
    };
  }

  /** What succeeds, and the error that begins so, is as good as anything else that succeeds. */
  private static Verdict masked(ClusterDifference difference, Command command, String error) {
    UnaryOperator<String> mask =
        reply -> {
          boolean isError = reply.startsWith("-") || reply.equals("+QUEUED\r\n");
          boolean isThat = !error.isEmpty() && reply.startsWith(error);
          return isError && !isThat ? reply : "(anything)";
        };
    return Verdict.masked(difference, command, mask);
  }

  private static Verdict hello(Command command) {
    return Verdict.masked(
        ClusterDifference.CLUSTER_COMMANDS,
        command,
        reply ->
            Mask.of(command).apply(reply).replaceFirst("\\$10\r\nstandalone|\\$7\r\ncluster", "#"));
  }

  private static Verdict databases(String error) {
    return Verdict.refused(ClusterDifference.ONE_DATABASE, REFUSED_LATER, exactly("ERR " + error));
  }

  private static Verdict select(Command command) {
    boolean other = command.args().size() == 2 && command.word(1).matches("[1-9]\\d*");
    return other ? databases("SELECT is not allowed in cluster mode") : Verdict.same(command);
  }

  /** Whether COPY names a database that there is, and is not the first. */
  private static boolean namesDatabase(Command command) {
    boolean names = false;
    for (int i = 3; i < command.args().size(); i++) {
      if (command.word(i).equals("DB") && command.word(i + 1).matches("\\d|1[0-5]")) {
        i++;
        names = !command.word(i).equals("0");
      } else if (!command.word(i).equals("REPLACE")) {
        return false;
      }
    }
    return names;
  }

  private static Verdict sort(Command command) {
    for (int i = 2; i < command.args().size(); i++) {
      String option = command.word(i);
      boolean more = i + 1 < command.args().size();
      switch (option) {
        case "ASC", "DESC", "ALPHA" -> {}
        case "LIMIT" -> i += 2;
        case "STORE" -> i++;
        case "BY", "GET" -> {
          if (more && (option.equals("GET") || command.word(i + 1).contains("*"))) {
            return Verdict.refused(
                ClusterDifference.SORT_BY_KEYS,
                REFUSED_LATER,
                exactly("ERR " + option + " option of SORT denied in Cluster mode."));
          }
          i++;
        }
        default -> {
          return Verdict.same(command);
        }
      }
    }
    return Verdict.same(command);
  }

  private static Verdict clientInTransaction(Command command) {
    return command.args().size() != 3 || command.word(2).equals("ON")
        ? Verdict.same(command)
        : Verdict.refused(
            ClusterDifference.EVERY_REPLY,
            REFUSED_AT_ONCE,
            Pattern.compile("-ERR (Nearside (has to see|cannot) .*|syntax error)\r\n"));
  }

  private static Verdict client(Command command) {
    String what = command.word(1);
    if (what.equals("CACHING") && command.args().size() == 3) {
      return Verdict.refused(
          ClusterDifference.EVERY_REPLY,
          REFUSED_AT_ONCE,
          exactly(
              "ERR Nearside cannot do this in front of a cluster, where it would be for one node"));
    }
    boolean hides = command.word(2).equals("OFF") || command.word(2).equals("SKIP");
    if (what.equals("REPLY") && hides && command.args().size() == 3) {
      return Verdict.refused(
          ClusterDifference.EVERY_REPLY,
          REFUSED_AT_ONCE,
          exactly("ERR Nearside has to see the replies of a cluster: CLIENT REPLY is not for it"));
    }
    return Verdict.same(command);
  }

  /** Returns the slots of its keys, each once, in their order; a shard channel counts as a key. */
  private List<Integer> slots(Command command) throws IOException {
    if (command.name().equals("SPUBLISH") && command.args().size() == 3) {
      return List.of(RedisCluster.slotOf(command.args().get(1)));
    }
    if (command.name().startsWith("XREAD") && !namesStreams(command)) {
      return List.of(); // COMMAND GETKEYS finds some all the same
    }
    String keys =
        adviser.call(
            Stream.concat(Stream.of("COMMAND", "GETKEYS"), command.args().stream())
                .toArray(String[]::new));
    if (!keys.startsWith("*")) {
      return List.of();
    }
    List<Integer> slots = new ArrayList<>();
    Elements elements = new Elements(keys);
    for (int i = 0; i < elements.count(); i++) {
      String key = elements.next();
      int slot = RedisCluster.slotOf(key.substring(key.indexOf('\n') + 1, key.length() - 2));
      if (!slots.contains(slot)) {
        slots.add(slot);
      }
    }
    return slots;
  }

  private static boolean namesStreams(Command command) {
    int at = 1;
    while (at < command.args().size() && !command.word(at).equals("STREAMS")) {
      switch (command.word(at)) {
        case "NOACK" -> at++;
        case "COUNT", "BLOCK" -> at += 2;
        case "GROUP" -> at += 3;
        default -> {
          return false;
        }
      }
    }
    int named = command.args().size() - at - 1;
    return named > 0 && named % 2 == 0;
  }
}
