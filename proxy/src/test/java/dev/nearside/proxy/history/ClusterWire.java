package dev.nearside.proxy.history;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A client that knows of clusters: it asks who has the slot, one request after the other, a
 * transaction as one, and follows what it is told. Where a node goes under a WATCH, the transaction
 * is taken for one that was in vain.
 */
final class ClusterWire implements Wire {
  /** Where the nodes are. */
  interface Nodes {
    /**
     * Returns where a client connects to a node, known by the port that nodes know each other by.
     */
    int way(int port);

    /** Returns the ports of those that are up. */
    List<Integer> ports();

    /** Returns the slot of a key. */
    int slot(String key);
  }

  private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(30);
  private static final long STEP_NS = TimeUnit.MILLISECONDS.toNanos(3);
  private static final int NO_SLOT = -1;

  private final Nodes nodes;
  private final Map<Integer, OneWire> wires = new HashMap<>();
  private final Map<Integer, Integer> owners;
  private final Queue<List<String>> asked = new ArrayDeque<>();
  private final Queue<Object> answered = new ArrayDeque<>();
  private @Nullable Integer watchedAt;
  private boolean watchIsVoid;

  /**
   * Creates one that is connected to nobody.
   *
   * @param owners who has which slot, as far as was heard; shared by many
   */
  ClusterWire(Nodes nodes, Map<Integer, Integer> owners) {
    this.nodes = nodes;
    this.owners = owners;
  }

  @Override
  public void add(List<String> words) {
    asked.add(words);
  }

  @Override
  public void flush() throws IOException {
    while (!asked.isEmpty()) {
      List<List<String>> unit = new ArrayList<>(List.of(asked.remove()));
      if (unit.getFirst().getFirst().equals("MULTI")) {
        do {
          unit.add(asked.remove());
        } while (!unit.getLast().getFirst().equals("EXEC"));
      }
      answered.addAll(execute(unit));
    }
  }

  @Override
  public Object read() {
    return answered.remove();
  }

  private List<Object> execute(List<List<String>> unit) throws IOException {
    int slot = slot(unit);
    long endNs = System.nanoTime() + PATIENCE_NS;
    Integer askedTo = null;
    while (true) {
      int port = askedTo == null ? owner(slot) : askedTo;
      List<Object> replies = askAt(port, unit, askedTo != null);
      String redirect = redirect(replies);
      askedTo = null;
      if (redirect == null) {
        return settled(unit, port, replies);
      }
      if (System.nanoTime() - endNs > 0) {
        return Collections.nCopies(unit.size(), new Failure(redirect));
      }
      watchIsVoid |= watchedAt != null;
      if (redirect.startsWith("MOVED ")) {
        owners.put(slot, port(redirect));
      } else if (redirect.startsWith("ASK ") && unit.size() == 1) {
        askedTo = port(redirect);
      } else {
        LockSupport.parkNanos(STEP_NS);
      }
    }
  }

  private List<Object> settled(List<List<String>> unit, int port, List<Object> replies) {
    String name = unit.getFirst().getFirst();
    boolean inVain =
        name.equals("MULTI") && watchedAt != null && (watchIsVoid || watchedAt != port);
    if (name.equals("WATCH")) {
      watchedAt = port;
      watchIsVoid = false;
    } else if (name.equals("MULTI") || name.equals("UNWATCH") || name.equals("RESET")) {
      watchedAt = null;
    }
    if (inVain) {
      throw new IllegalStateException("a transaction was executed whose watch was void");
    }
    return replies;
  }

  /** Under a void watch a transaction is not sent at all. */
  private List<Object> askAt(int port, List<List<String>> unit, boolean asking) throws IOException {
    boolean executes = unit.size() > 1 && watchedAt != null;
    if (executes && (watchIsVoid || watchedAt != port)) {
      watchedAt = null;
      List<Object> replies = new ArrayList<>(Collections.nCopies(unit.size(), Sign.QUEUED));
      replies.set(0, Sign.OK);
      replies.set(unit.size() - 1, Sign.NIL);
      return replies;
    }
    OneWire wire = wire(port);
    if (wire == null) {
      return List.of(new Failure("CLUSTERDOWN nobody listens there"));
    }
    if (asking) {
      wire.add(List.of("ASKING"));
    }
    unit.forEach(wire::add);
    wire.flush();
    if (asking) {
      wire.read();
    }
    List<Object> replies = new ArrayList<>();
    for (int i = 0; i < unit.size(); i++) {
      replies.add(wire.read());
    }
    return replies;
  }

  private @Nullable OneWire wire(int port) {
    OneWire known = wires.get(port);
    if (known == null) {
      try {
        known = new OneWire(nodes.way(port));
        wires.put(port, known);
      } catch (IOException e) {
        owners.values().removeIf(owner -> owner == port);
      }
    }
    return known;
  }

  private int owner(int slot) {
    if (slot == NO_SLOT && watchedAt != null) {
      return watchedAt;
    }
    Integer owner = owners.get(slot);
    List<Integer> ports = nodes.ports();
    return owner == null
        ? ports.get((int) Math.floorMod(System.nanoTime() >> 10, (long) ports.size()))
        : owner;
  }

  /** Returns what sends elsewhere or to later, if any reply does: then nothing was executed. */
  private static @Nullable String redirect(List<Object> replies) {
    for (Object reply : replies) {
      if (reply instanceof Failure failure) {
        String text = failure.text();
        if (text.startsWith("MOVED ")
            || text.startsWith("ASK ")
            || text.startsWith("TRYAGAIN ")
            || text.startsWith("CLUSTERDOWN ")) {
          return text;
        }
      }
    }
    return null;
  }

  private static int port(String redirect) {
    return Integer.parseInt(redirect.substring(redirect.lastIndexOf(':') + 1));
  }

  private int slot(List<List<String>> unit) {
    List<String> command = unit.size() > 1 ? unit.get(1) : unit.getFirst();
    return switch (command.getFirst()) {
      case "PUBLISH", "HELLO", "RESET", "SELECT", "CLIENT", "UNWATCH", "EXEC" -> NO_SLOT;
      case "EVAL" -> command.get(2).equals("0") ? NO_SLOT : nodes.slot(command.get(3));
      default -> nodes.slot(command.get(1));
    };
  }

  @Override
  public void close() {
    wires.values().forEach(OneWire::close);
  }
}
