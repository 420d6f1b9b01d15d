package dev.nearside.proxy.tier.redis;

import dev.nearside.proxy.config.NearsideConfig.Address;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One server has all keys. What it is reached by besides leases is made in any case. */
record OneRowServer(Server server) implements RowServers {
  @Override
  public SideNames names() {
    return SideNames.PLAIN;
  }

  @Override
  public Server of(int slot) {
    return server;
  }

  @Override
  public Collection<Server> all() {
    return List.of(server);
  }

  @Override
  public void capture(CapturedKeys keys) {
    server.administration().capture(keys);
  }

  @Override
  public OutboxRegistry registry(int database) {
    return new OneServerRegistry(this, database);
  }

  @Override
  public void start(boolean withLeases) {
    if (withLeases) {
      server.watch().start();
    }
  }

  @Override
  public void doubt() {
    // there is no other to ask
  }

  @Override
  public void follow(@Nullable Address node, String runId) {
    if (node == null && server.administration().follow(runId)) {
      server.watch().renew();
    }
  }

  @Override
  public void close() {
    server.watch().close();
  }
}
