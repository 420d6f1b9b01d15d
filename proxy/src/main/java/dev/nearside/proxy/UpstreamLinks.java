package dev.nearside.proxy;

import dev.nearside.proxy.config.NearsideConfig.Address;
import dev.nearside.proxy.config.NearsideConfig.Upstream;
import dev.nearside.proxy.guard.ConnectPace;
import dev.nearside.proxy.relay.Transport;
import dev.nearside.proxy.relay.UpstreamLink;
import dev.nearside.proxy.security.SecurityFiles;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** How relay connections reach servers of the upstream. */
record UpstreamLinks(Upstream upstream, SecurityFiles security, Transport transport) {
  /**
   * Returns how one server is reached, at a pace of its own.
   *
   * @param where says where it is, or null where nobody has said so yet
   * @param primaryOnly whether it is as good as none while it is no primary
   */
  UpstreamLink to(Supplier<@Nullable Address> where, boolean primaryOnly) {
    return new UpstreamLink(
        () -> {
          Address now = where.get();
          return now == null ? null : transport.toConnectTo(now);
        },
        primaryOnly,
        transport.family(upstream.discovery().named().getFirst()).client(),
        security.upstream(),
        security.credentials(),
        upstream.connectTimeout(),
        new ConnectPace());
  }
}
