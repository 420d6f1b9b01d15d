package dev.nearside.proxy.server;

import dev.nearside.proxy.command.Command;
import dev.nearside.proxy.resp.Request;
import io.netty.buffer.ByteBufUtil;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a client of a cluster has been agreed to that each connection made for it has to agree to as
 * well: as whom it acts, what it tracks. Its name is not here, which no node refuses. Confined to
 * the client's event loop.
 */
final class HeldState {
  private static final String NO_EVICT = "CLIENT NO-EVICT";

  private final Map<String, List<byte[]>> said = new LinkedHashMap<>(1);

  /** Returns whether {@code command} is about all connections of a client, not about one node. */
  static boolean concerns(Command command) {
    return switch (command.connectionEffect()) {
      case HELLO, AUTH, CLIENT_NAME, CLIENT_INFO, TRACKING, NO_TOUCH -> true;
      case KEEPS -> command.name().equals(NO_EVICT);
      default -> false;
    };
  }

  /** Returns whether it says who the client is, which no node need know. */
  static boolean isName(Command command) {
    return switch (command.connectionEffect()) {
      case CLIENT_NAME, CLIENT_INFO -> true;
      default -> false;
    };
  }

  /** Notes what {@code asked} says, which a node has agreed to. */
  void agreed(Command command, Asked asked) {
    switch (command.connectionEffect()) {
      case AUTH, HELLO -> {
        if (asked.authenticates != null) {
          said.put("AUTH", List.of(asked.authenticates));
        }
      }
      case TRACKING -> {
        if (asked.isOff) {
          said.remove(command.name());
        } else {
          said.computeIfAbsent(command.name(), unknown -> new ArrayList<>(1)).add(asked.request);
        }
      }
      case NO_TOUCH, KEEPS -> said.put(command.name(), List.of(asked.request));
      default -> {}
    }
  }

  /** Returns the requests to repeat on a connection that is made, in their order. */
  List<byte[]> requests() {
    List<byte[]> all = new ArrayList<>(said.size());
    said.values().forEach(all::addAll);
    return all;
  }

  void clear() {
    said.clear();
  }

  /**
   * A request that is under way.
   *
   * @param authenticates the AUTH in it, or null
   * @param isOff whether it ends what it is about
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
  record Asked(byte[] request, byte @Nullable [] authenticates, boolean isOff) {
    static Asked of(Command command, Request request) {
      byte[] bytes = ByteBufUtil.getBytes(request.buffer(), request.start(), request.length());
      byte[] authenticates =
          switch (command.connectionEffect()) {
            case AUTH -> bytes;
            case HELLO -> HelloOptions.authOf(request);
            default -> null;
          };
      return new Asked(bytes, authenticates, request.argCount() > 2 && request.argIs(2, "OFF"));
    }
  }
}
