package dev.nearside.proxy.packaging;

import io.netty.channel.epoll.Epoll;
import net.jpountz.lz4.LZ4Factory;

/** Started on the image's runtime: says which native libraries could be loaded there. */
final class NativeProbe {
  private NativeProbe() {}

  /** Prints one line for each library. */
  @SuppressWarnings("SystemOut") // a program whose output is read by a test
  public static void main(String[] args) {
    System.out.println("epoll " + (Epoll.isAvailable() ? "loaded" : Epoll.unavailabilityCause()));
    System.out.println("lz4 " + LZ4Factory.fastestInstance());
  }
}
