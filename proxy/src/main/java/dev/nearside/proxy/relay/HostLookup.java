package dev.nearside.proxy.relay;

import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks host names up as the operating system does, on virtual threads: Netty's default does it on
 * the event loop, which then waits for a name server. An address that is written out needs nobody.
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
      InetAddress written = literal(host);
      if (written != null) {
        promise.setSuccess(written);
      } else {
        look(promise, () -> InetAddress.getByName(host));
      }
    }

    @Override
    protected void doResolveAll(String host, Promise<List<InetAddress>> promise) {
      InetAddress written = literal(host);
      if (written != null) {
        promise.setSuccess(List.of(written));
      } else {
        look(promise, () -> List.of(InetAddress.getAllByName(host)));
      }
    }

    /** Returns the address that is written out in {@code host}, or null where it is a name. */
    private static @Nullable InetAddress literal(String host) {
      return NetUtil.createInetAddressFromIpAddressString(host);
    }

    private static <T> void look(Promise<T> promise, Lookup<T> lookup) {
      Thread.ofVirtual()
          .name("nearside-lookup")
          .start(() -> {
            try {
              promise.setSuccess(lookup.ask());
            } catch (UnknownHostException e) {
              promise.setFailure(e);
            }
          });
    }
  }

  private interface Lookup<T> {
    T ask() throws UnknownHostException;
  }
}
