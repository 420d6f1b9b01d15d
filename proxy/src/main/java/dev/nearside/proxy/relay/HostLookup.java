package dev.nearside.proxy.relay;

import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;

/**
 * Looks host names up as the operating system does, on virtual threads: Netty's default does it on
 * the event loop, which then waits for a name server.
 */
final class HostLookup extends AddressResolverGroup<InetSocketAddress> {
  static final HostLookup INSTANCE = new HostLookup();

  private HostLookup() {}

  @Override
  protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
    return new OffLoop(executor).asAddressResolver();
  }

  private static final class OffLoop extends InetNameResolver {
    OffLoop(EventExecutor executor) {
      super(executor);
    }

    @Override
    protected void doResolve(String host, Promise<InetAddress> promise) {
      Thread.ofVirtual()
          .name("nearside-lookup")
          .start(() -> {
            try {
              promise.setSuccess(InetAddress.getByName(host));
            } catch (UnknownHostException e) {
              promise.setFailure(e);
            }
          });
    }

    @Override
    protected void doResolveAll(String host, Promise<List<InetAddress>> promise) {
      Thread.ofVirtual()
          .name("nearside-lookup")
          .start(() -> {
            try {
              promise.setSuccess(List.of(InetAddress.getAllByName(host)));
            } catch (UnknownHostException e) {
              promise.setFailure(e);
            }
          });
    }
  }
}
