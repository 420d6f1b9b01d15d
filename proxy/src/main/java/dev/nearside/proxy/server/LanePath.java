package dev.nearside.proxy.server;

import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.relay.Lane;
import dev.nearside.proxy.relay.LaneKey;
import dev.nearside.proxy.relay.Lanes;
import dev.nearside.proxy.relay.Node;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One client's way to one node by shared lanes: which of them its commands take, so that they are
 * executed in their order. Confined to the client's event loop.
 */
final class LanePath {
  private final Lanes lanes;
  private final Session session;
  private final Node node;
  private final List<LanePath> alone = List.of(this);
  private final LaneChoice choice = new LaneChoice();
  private @Nullable Lane last;
  private int lastGeneration;

  /** The slots of commands that a cluster has not answered; of one server they are not counted. */
  private final HashCounts awaited = new HashCounts();

  LanePath(Lanes lanes, Session session, Node node) {
    this.lanes = lanes;
    this.session = session;
    this.node = node;
  }

  /** Returns a list of this, always the same. */
  List<LanePath> alone() {
    return alone;
  }

  Node node() {
    return node;
  }

  /** A command about {@code slot} goes to the cluster's node. */
  void begin(int slot) {
    awaited.add(slot);
  }

  /** It has been answered, or never will be. */
  void end(int slot) {
    awaited.remove(slot);
  }

  boolean isAwaited() {
    return !awaited.isEmpty();
  }

  /** Returns whether another command about {@code slot} is not answered, besides one. */
  boolean hasOther(int slot) {
    awaited.remove(slot);
    boolean other = awaited.contains(slot);
    awaited.add(slot);
    return other;
  }

  Lane lane(LaneKey.Kind kind) {
    return lanes.lane(new LaneKey(node, session.protocol, session.database, kind));
  }

  /** Returns the kind of lane for {@code command}, or null if it has to wait. */
  LaneKey.@Nullable Kind choose(Command command, boolean isAwaited) {
    return choice.choose(command, isAwaited);
  }

  /** The command had to wait for replies on another lane. */
  void waited(Command command) {
    choice.waited(command);
  }

  /** A command goes down the lane of {@code kind} next. */
  Lane take(LaneKey.Kind kind) {
    choice.taken(kind);
    return taken(lane(kind));
  }

  /** A read goes next; returns the kind of lane it takes. */
  LaneKey.Kind takeRead(boolean isAwaited) {
    LaneKey.Kind kind = choice.readsGo(isAwaited);
    if (!isAwaited) {
      taken(lane(kind));
    }
    return kind;
  }

  private Lane taken(Lane lane) {
    last = lane;
    lastGeneration = lane.generation();
    return lane;
  }

  /**
   * Returns whether what is not answered yet is on a connection that its lane has set aside:
   * whatever is sent now could overtake it.
   */
  boolean couldOvertake() {
    Lane lane = last;
    return lane != null && lane.generation() != lastGeneration;
  }
}
