package dev.nearside.proxy.relay;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The upstream connections of one event loop. Confined to it. */
public final class Lanes {
  private final EventLoop loop;
  private final Class<? extends Channel> channelType;
  private final UpstreamAddress address;
  private final RelayListener listener;
  private final Map<LaneKey, Lane> lanes = new HashMap<>();
  private @Nullable LaneKey lastKey;
  private @Nullable Lane last;

  /** Creates the lanes of {@code loop}; none is connected before it is used. */
  public Lanes(
      EventLoop loop,
      Class<? extends Channel> channelType,
      UpstreamAddress address,
      RelayListener listener) {
    this.loop = loop;
    this.channelType = channelType;
    this.address = address;
    this.listener = listener;
  }

  /** Returns the lane of {@code key}, which lives as long as this. */
  public Lane lane(LaneKey key) {
    Lane known = last;
    if (known != null && key.equals(lastKey)) {
      return known;
    }
    Lane lane = lanes.computeIfAbsent(key, k -> new Lane(loop, channelType, address, k, listener));
    last = lane;
    lastKey = key;
    return lane;
  }

  /**
   * Returns a connection for one client alone, which is being made.
   *
   * @param replayed whole requests the client had been answered before, to repeat on it
   */
  public PinnedConnection pin(
      int protocol, int database, List<byte[]> replayed, PinnedConnection.Owner owner) {
    return new PinnedConnection(
        loop,
        channelType,
        address,
        new Greeting(address, protocol, database, replayed),
        owner,
        listener);
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
