package dev.nearside.proxy.config;

import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.config.NearsideConfig.Transport;
import dev.nearside.proxy.config.NearsideConfig.Trust;
import java.util.List;
import java.util.Map;

/** The keys about who connects to the sidecar, and how, in the order in which they are shown. */
final class ListenKeys {
  static final Key<NearsideConfig, Address> LISTEN =
      Key.of(
          "listen",
          ValueTypes.ADDRESS,
          "127.0.0.1:6380",
          "Where clients connect: `host:port`, or `unix:/path` for a Unix socket. Port 0 lets the"
              + " system choose.",
          NearsideConfig::listen);

  static final Key<NearsideConfig, Integer> LISTEN_MODE =
      Key.of(
          "listen-mode",
          ValueTypes.FILE_MODE,
          "0",
          "The permissions of a Unix socket's file, in octal as `chmod` takes them, as Redis's"
              + " `unixsocketperm`; `0` leaves what the umask gives. Who may write may connect.",
          NearsideConfig::listenMode);

  static final Key<NearsideConfig, Address> HTTP =
      Key.of(
          "http",
          ValueTypes.TCP_ADDRESS,
          "127.0.0.1:9380",
          "Where metrics, probes and administration are served.",
          NearsideConfig::http);

  static final Key<NearsideConfig, Trust> TRUST =
      Key.of(
          "trust",
          ValueTypes.choice("a trust", Trust.class, Map.of()),
          "loopback",
          "Who may act as the sidecar's own upstream user without credentials: clients on this host"
              + " (`loopback`), or whoever reaches `listen` (`network`).",
          NearsideConfig::trust);

  static final Key<NearsideConfig, Boolean> PROXY_PROTOCOL =
      Key.of(
          "proxy-protocol",
          ValueTypes.BOOLEAN,
          "false",
          "Whether each connection begins with a header of the PROXY protocol, version 1 or 2, as"
              + " load balancers send it; one that does not is closed. It is about the address in it"
              + " that `trust` then asks; by an address alone nobody is let in who would not be"
              + " without the header.",
          NearsideConfig::proxyProtocol);

  static final Key<NearsideConfig, Transport> TRANSPORT =
      Key.of(
          "transport",
          ValueTypes.choice("a transport", Transport.class, Map.of()),
          "auto",
          "How sockets are driven. `auto` takes epoll where it loads, else NIO.",
          NearsideConfig::transport);

  static final List<Key<NearsideConfig, ?>> ALL =
      List.of(LISTEN, LISTEN_MODE, HTTP, TRUST, PROXY_PROTOCOL, TRANSPORT);

  private ListenKeys() {}
}
