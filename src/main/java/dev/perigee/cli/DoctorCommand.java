package dev.perigee.cli;
@picocli.CommandLine.Command(name = "doctor")
final class DoctorCommand { }
