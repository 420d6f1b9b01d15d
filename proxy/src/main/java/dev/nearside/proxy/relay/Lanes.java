package dev.nearside.proxy.relay;

import dev.nearside.proxy.guard.ConnectPace;
import io.netty.channel.Channel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The upstream connections of one event loop. Confined to it. */
public final class Lanes {
  private final Flushes flushes;
  private final Class<? extends Channel> channelType;
  private final UpstreamAddress address;
  private final RelayListener listener;
  private final ConnectPace pace;
  private final Map<LaneKey, Lane> lanes = new HashMap<>();
  private @Nullable LaneKey lastKey;
  private @Nullable Lane last;

  /**
   * Creates the lanes of an event loop; none is connected before it is used.
   *
   * @param pace shared by all loops: how often the upstream is tried while it cannot be reached
   */
  public Lanes(
      Flushes flushes,
      Class<? extends Channel> channelType,
      UpstreamAddress address,
      RelayListener listener,
      ConnectPace pace) {
    this.flushes = flushes;
    this.channelType = channelType;
    this.address = address;
    this.listener = listener;
    this.pace = pace;
  }

  /** Returns the lane of {@code key}, which lives as long as this. */
  public Lane lane(LaneKey key) {
    Lane known = last;
    if (known != null && key.equals(lastKey)) {
      return known;
    }
    Lane lane =
        lanes.computeIfAbsent(key, k -> new Lane(flushes, channelType, address, k, listener, pace));
    last = lane;
    lastKey = key;
    return lane;
  }

  /**
   * Returns a connection for one client alone, which is being made; null where the upstream could
   * not be reached a moment ago, and is not to be tried for each client.
   *
   * @param replayed whole requests the client had been answered before, to repeat on it
   */
  public @Nullable PinnedConnection pin(
      int protocol, int database, List<byte[]> replayed, PinnedConnection.Owner owner) {
    if (!pace.tryEnter(System.nanoTime())) {
      return null;
    }
    return new PinnedConnection(
        flushes,
        channelType,
        address,
        new Greeting(address, protocol, database, replayed),
        owner,
        listener,
        pace);
  }

  /** Returns the address the connections go to. */
  public UpstreamAddress address() {
    return address;
  }

  /** Closes every lane. */
  public void close() {
    lanes.values().forEach(Lane::close);
  }
}
