"""The CodeBuild emulator: builds with CodeBuild's phases and events, which push an image to ECR."""
