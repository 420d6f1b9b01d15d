package dev.nearside.proxy.admin;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;

/**
 * Keeps web pages from switching anything through the browser of somebody who can reach this port:
 * a page's request says its Origin, and one whose name was rebound to this address (DNS rebinding)
 * says that name as Host.
 */
final class DriveByGuard {
  private final String ownHost;

  DriveByGuard(String ownHost) {
    this.ownHost = ownHost;
  }

  /** Returns why a request that changes state is refused, or nothing. */
  Optional<String> objection(Channel channel, HttpHeaders headers) {
    if (headers.contains(HttpHeaderNames.ORIGIN)) {
      return Optional.of("requests of web pages (Origin) may not change anything");
    }
    List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
    if (hosts.size() != 1 || !isOwn(withoutPort(hosts.getFirst()), channel)) {
      return Optional.of("Host " + hosts + " is neither loopback nor this port's own address");
    }
    return Optional.empty();
  }

  private boolean isOwn(String host, Channel channel) {
    if (host.equalsIgnoreCase("localhost") || host.equalsIgnoreCase(ownHost)) {
      return true;
    }
    InetAddress literal = NetUtil.createInetAddressFromIpAddressString(host); // asks no DNS
    InetAddress local = ((InetSocketAddress) channel.localAddress()).getAddress();
    return literal != null && (literal.isLoopbackAddress() || literal.equals(local));
  }

  private static String withoutPort(String host) {
    if (host.startsWith("[")) {
      int end = host.indexOf(']');
      return end < 0 ? host : host.substring(1, end);
    }
    int colon = host.indexOf(':');
    return colon < 0 ? host : host.substring(0, colon);
  }
}
